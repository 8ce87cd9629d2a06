"""``python -m tests.repeat`` judges workers again and again, and tells which verdicts differ.

With ``--load 2`` two busy processes a core compete with each run. Verdicts must not depend on
luck or on the neighbours: the exit code is 1 when two runs of a worker differ.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from conformance.trials.trial import CHECKS
from tests.judging import judge

WORKERS = (
    "reference_workers.echo",
    "reference_workers.embedding",
    "reference_workers.sdk_python",
)
BUSY = "while True: pass"

Outcomes = dict[str, tuple[str, str]]
"""The verdicts of one run, by requirement: the outcome, and what was seen."""


def main(arguments: list[str] | None = None) -> int:
    """Judge each worker as often as asked, and compare."""
    options = _options(arguments)
    logging.disable(logging.WARNING)  # the verdicts report what workers send
    differing = 0
    for worker in options.worker or WORKERS:
        runs: list[Outcomes] = []
        for number in range(options.times):
            with busy(round(options.load * (os.cpu_count() or 1))):
                verdicts = judge(worker, CHECKS, full=options.full)
            runs.append({v.requirement.id: (v.outcome.value, v.finding.seen) for v in verdicts})
            told = ", ".join(f"{n} {outcome}" for outcome, n in _counted(runs[-1].values()))
            print(f"{worker} {number + 1}/{options.times}: {told}", flush=True)
        for line in differences(runs):
            print(f"{worker} {line}")
            differing += 1
    print("no two runs differ" if not differing else f"{differing} verdicts differ")
    return 1 if differing else 0


def differences(runs: Sequence[Outcomes]) -> Iterator[str]:
    """A line for each requirement on which the runs differ, with what was seen first."""
    for identity in runs[0] if runs else ():
        verdicts = [run[identity] for run in runs]
        seen = dict(reversed(verdicts))
        found = _counted(verdicts)
        if len(found) > 1:
            yield f"{identity}: " + ", ".join(
                f"{n} times {outcome} ({seen[outcome]})" for outcome, n in found
            )


def _counted(verdicts: Iterable[tuple[str, str]]) -> list[tuple[str, int]]:
    return list(Counter(outcome for outcome, _ in verdicts).items())


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Processes that only use processor time."""
    started = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.repeat", description=__doc__)
    parser.add_argument("worker", nargs="*", help=f"modules (default: {' '.join(WORKERS)})")
    parser.add_argument("--times", type=int, default=10, help="runs of each (default: 10)")
    parser.add_argument("--load", type=float, default=0, help="busy processes a core (default: 0)")
    parser.add_argument("--full", action="store_true", help="play long trials, too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
