"""Judges requirements alone and all together, and compares: ``python -m tests.alone``.

A requirement must get the same verdict whatever else is judged beside it. Each is judged by a
session of its own, several at a time, for their waits overlap. Of a mutant the requirement that it
breaks is compared first of all.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial

from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from conformance.trials.trial import CHECKS
from tests.judging import judge
from tests.mutants.every import MUTANTS
from tests.mutants.matrix import free_port

REFERENCE = (
    "reference_workers.echo",
    "reference_workers.embedding",
    "reference_workers.sdk_python",
)
AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared of a worker: the module that runs it, its requirements, and the level."""

    module: str
    requirement_ids: tuple[str, ...]
    full: bool = False


def outcomes(compared: Compared, requirement_ids: Sequence[str]) -> Mapping[str, Outcome]:
    """The outcomes of requirements that are judged together."""
    port = free_port()
    verdicts = judge(
        compared.module,
        requirement_ids,
        default_port=port,
        full=compared.full,
        environment={"MUTANT_PORT": str(port)},
    )
    return {verdict.requirement.id: verdict.outcome for verdict in verdicts}


def differences(compared: Compared, at_a_time: int = AT_A_TIME) -> Mapping[str, tuple[str, str]]:
    """The requirements whose outcomes differ, each with the outcome together and alone."""
    together = outcomes(compared, list(load().requirements))
    each = [[identity] for identity in compared.requirement_ids]
    with ThreadPoolExecutor(at_a_time) as pool:
        single = dict(
            pair for found in pool.map(partial(outcomes, compared), each) for pair in found.items()
        )
    return {
        identity: (together[identity].value, outcome.value)
        for identity, outcome in single.items()
        if outcome is not together[identity]
    }


def chosen(
    modules: Iterable[str], patterns: Sequence[str], sample: int | None, seed: str
) -> list[Compared]:
    """What is compared of the named modules, or of all: all requirements, or some of each."""
    matching = [r.id for r in load().matching(patterns or ["*"]) if r.id in CHECKS]
    everyone = [*REFERENCE, *(f"tests.mutants {name}" for name in MUTANTS)]
    return [_of(module, matching, sample, seed) for module in [*modules] or everyone]


def _of(module: str, matching: Sequence[str], sample: int | None, seed: str) -> Compared:
    mutant = MUTANTS.get(module.removeprefix("tests.mutants "))
    full = mutant is not None and (mutant.full or CHECKS[mutant.requirement].long)
    if sample is None:
        return Compared(module, tuple(matching), full)
    drawn = random.Random(f"{seed} {module}").sample(matching, min(sample, len(matching)))
    own = [mutant.requirement] if mutant is not None else []
    return Compared(module, tuple(dict.fromkeys([*own, *drawn])), full)


def compare(several: Sequence[Compared], jobs: int) -> int:
    """Print every difference, as it is found; return how many there are."""
    count = 0
    with ThreadPoolExecutor(jobs) as pool:
        found = {pool.submit(differences, compared): compared for compared in several}
        for future in as_completed(found):
            compared, differing = found[future], future.result()
            count += len(differing)
            number = len(compared.requirement_ids)
            print(f"{compared.module}: {number} requirements, {len(differing)} differ", flush=True)
            for identity, (whole, single) in differing.items():
                print(f"  {identity}: together {whole}, alone {single}", flush=True)
    return count


def main() -> int:
    """Compare what the options choose: the reference workers and every mutant, unless named."""
    parser = argparse.ArgumentParser(prog="python -m tests.alone", description=__doc__)
    parser.add_argument("--requirement", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--sample", type=int, metavar="N", help="N requirements of each worker")
    parser.add_argument("--seed", default="", metavar="TEXT", help="another draw of the sample")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="workers at a time")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    options = parser.parse_args()
    several = chosen(options.modules, options.requirement, options.sample, options.seed)
    return 1 if compare(several, options.jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
