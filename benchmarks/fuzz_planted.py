"""How many invocations it takes to meet planted mistakes: led by answers, and at random.

    python -m benchmarks.fuzz_planted [--most 3000] [--seeds 3] [NAME…]

Each mistake has a worker of its own (``benchmarks.planted``). Both sides draw from the same
generators, and are judged by the same oracles; one keeps and varies what led to new answers, and
follows what error messages say. A side that meets nothing in ``--most`` invocations is counted
with these. Exit code 1 when leading does not pay overall.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
from collections.abc import Sequence

from benchmarks.planted import PLANTED
from conformance.fuzz.campaign.campaign import Campaign
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.baseline import Baseline
from conformance.trials.harness import Harness
from conformance.trials.probe_run import probe_run

SIDES = {"led": True, "random": False}
GROWTH = ("open_files", "grows")
"""Mistakes that show only after a thousand invocations of any kind."""


async def met(settings: Settings, baseline: Baseline, plan: Plan) -> int | None:
    """The number of the invocation that revealed the mistake; ``None`` if none did."""
    harness = Harness(settings, baseline, await settings.subject.place())
    campaign = Campaign(plan, Corpus())
    try:
        report = await campaign.play(harness)
    finally:
        await harness.close()
    return min((found.at or report.invocations for found in report.findings), default=None)


async def measure(name: str, most: int, seeds: int) -> dict[str, list[int | None]]:
    """The invocations that each side needed, by seed."""
    command = Command.parse(f"{sys.executable} -m benchmarks.planted {name}")
    settings = Settings(command, default_port=None, timeout_factor=0.2)
    first = await probe_run(settings)
    await first.close()
    found: dict[str, list[int | None]] = {side: [] for side in SIDES}
    for seed in range(seeds):
        for side, steered in SIDES.items():
            count = 1200 if name in GROWTH else most
            plan = Plan(seed, count=count, window=16, steered=steered, stop_at=1)
            found[side].append(await met(settings, first.baseline, plan))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, and return 1 when leading does not pay."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_planted", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", nargs="*", choices=[*PLANTED, []], help="some of the mistakes")
    parser.add_argument("--most", type=int, default=3000, help="invocations of one attempt")
    parser.add_argument("--seeds", type=int, default=3, help="attempts of each side")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    totals = dict.fromkeys(SIDES, 0)
    hits = dict.fromkeys(SIDES, 0)
    print(
        f"{'mistake':<18}{'led':>8}{'random':>8}   (median invocations; - is not met)", flush=True
    )
    for name in options.name or PLANTED:
        found = asyncio.run(measure(name, options.most, options.seeds))
        told = [_median(found[side]) for side in SIDES]
        print(f"{name:<18}{told[0]:>8}{told[1]:>8}", flush=True)
        for side, numbers in found.items():
            totals[side] += sum(options.most if n is None else n for n in numbers)
            hits[side] += sum(n is not None for n in numbers)
    tried = options.seeds * len(options.name or PLANTED)
    for side in SIDES:
        print(f"{side}: met {hits[side]} of {tried}, {totals[side]} invocations in all")
    print(f"random / led = {totals['random'] / max(1, totals['led']):.1f}")
    return int(totals["led"] >= totals["random"])


def _median(numbers: list[int | None]) -> str:
    met_ones = [n for n in numbers if n is not None]
    if 2 * len(met_ones) <= len(numbers):
        return "-"
    return str(int(statistics.median(met_ones)))


if __name__ == "__main__":
    sys.exit(main())
