"""Judges requirements alone and all together, and compares: ``python -m tests.alone``.

A requirement must get the same verdict whatever else is judged beside it. Each is judged by a
session of its own, several at a time, for their waits overlap.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from tests.judging import judge
from tests.mutants.catalogue import MUTANTS

REFERENCE = ("reference_workers.echo",)
AT_A_TIME = 4


def alone(module: str, requirement_id: str) -> Outcome:
    """The outcome of a requirement that is judged by itself."""
    (verdict,) = judge(module, [requirement_id])
    return verdict.outcome


def differences(module: str, requirement_ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """The requirements whose outcomes differ, each with the outcome together and alone."""
    together = {
        verdict.requirement.id: verdict.outcome
        for verdict in judge(module, list(load().requirements))
    }
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        single = dict(
            zip(requirement_ids, pool.map(partial(alone, module), requirement_ids), strict=True)
        )
    return {
        identity: (together[identity].value, outcome.value)
        for identity, outcome in single.items()
        if outcome is not together[identity]
    }


def compare(modules: Iterable[str], requirement_ids: Sequence[str]) -> int:
    """Print every difference; return how many there are."""
    count = 0
    for module in modules:
        found = differences(module, requirement_ids)
        count += len(found)
        print(f"{module}: {len(requirement_ids)} requirements, {len(found)} differ", flush=True)
        for identity, (whole, single) in found.items():
            print(f"  {identity}: together {whole}, alone {single}", flush=True)
    return count


def main() -> int:
    """Compare what the options choose: the reference workers and every mutant, unless named."""
    parser = argparse.ArgumentParser(prog="python -m tests.alone", description=__doc__)
    parser.add_argument("--requirement", action="append", default=[], metavar="PATTERN")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    options = parser.parse_args()
    chosen = [r.id for r in load().matching(options.requirement or ["*"])]
    modules = options.modules or [*REFERENCE, *(f"tests.mutants {name}" for name in MUTANTS)]
    return 1 if compare(modules, chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
