"""How many invocations a second fuzzing makes, oracles included: pipelined, and one at a time.

    python -m benchmarks.fuzz_rate [--count 20000] [--rounds 3] [--worker-cmd COMMAND]

The sides take turns, so that a slow moment of the machine hits both. The worker is a process of
its own.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
from collections.abc import Sequence

from uvloop import run

from conformance.fuzz.campaign.campaign import Campaign
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.baseline import Baseline
from conformance.trials.harness import Harness
from conformance.trials.probe_run import probe_run

ECHO = f"{sys.executable} -m reference_workers.echo"


async def rate(settings: Settings, baseline: Baseline, count: int, window: int) -> float:
    """The invocations per second of one campaign, without its start and its end."""
    harness = Harness(settings, baseline, await settings.subject.place())
    try:
        report = await Campaign(Plan(1, count=count, window=window), Corpus()).play(harness)
    finally:
        await harness.close()
    if report.findings:
        raise SystemExit(f"the worker is not correct: {report.findings[0].suspicion}")
    return report.invocations / report.seconds


async def measure(options: argparse.Namespace) -> None:
    """Measure each window in turn and print the medians."""
    settings = Settings(Command.parse(options.worker_cmd), default_port=None)
    first = await probe_run(settings)
    await first.close()
    rates: dict[int, list[float]] = {window: [] for window in options.window}
    for _ in range(options.rounds):
        for window, found in rates.items():
            count = options.count if window > 1 else max(500, options.count // 10)
            found.append(await rate(settings, first.baseline, count, window))
    print(f"{'window':>8}{'invocations/s':>15}")
    for window, found in rates.items():
        print(f"{window:>8}{statistics.median(found):>15.0f}")
    first_window, last_window = options.window[0], options.window[-1]
    if first_window == last_window:
        return
    ratio = statistics.median(rates[last_window]) / statistics.median(rates[first_window])
    print(f"{last_window} in flight / {first_window} in flight = {ratio:.1f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_rate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=20_000, help="invocations of one campaign")
    parser.add_argument("--rounds", type=int, default=3, help="campaigns of each side")
    parser.add_argument("--window", type=int, nargs="+", default=[1, 16, 64], help="in flight")
    parser.add_argument("--worker-cmd", default=ECHO, help="the worker (default: echo)")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    run(measure(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
