"""How much longer pytest takes in a project that has the suite installed and does not use it.

    python -m benchmarks.collection

Every side runs the same single test, in turns. What the suite's plugin costs is what lies between
the first two; what comes with the packages that it stands on, between the first and the last.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

WITHOUT = ("-p", "no:iii-conformance")
OF_EXTRAS = ("-p", "no:anyio")
"""The plugin of httpx, which only extras install; every side runs without it."""

SIDES: dict[str, Sequence[str]] = {
    "with it": (),
    "without it": WITHOUT,
    "without what it brings": (*WITHOUT, "-p", "no:hypothesispytest"),
}
TARGET = 0.03
"""How much longer a run may take in a project that does not use the suite, in seconds."""


def seconds(arguments: Sequence[str], folder: Path) -> float:
    """How long pytest runs, in seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *OF_EXTRAS]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    begun = time.perf_counter()
    subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, check=True
    )
    return time.perf_counter() - begun


def main(arguments: list[str] | None = None) -> None:
    """Measure every side, and print its time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    taken: dict[str, list[float]] = {name: [] for name in SIDES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one(): pass\n")
        for _ in range(rounds):
            for side, options in SIDES.items():
                taken[side].append(seconds(options, folder))
    for side, times in taken.items():
        least, middle = min(times), statistics.median(times)
        print(f"{side:24} {middle * 1000:6.0f} ms (least {least * 1000:.0f} ms)")
    first = min(taken["with it"])
    for side in list(SIDES)[1:]:
        cost = first - min(taken[side])
        print(f"costs {cost * 1000:+.0f} ms beside {side!r} (target {TARGET * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
