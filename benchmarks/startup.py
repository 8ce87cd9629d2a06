"""How long an engine takes to listen, and how much memory it uses then.

    python -m benchmarks.startup

The interpreter alone and a minimal asyncio server are measured in turns with the mock engine: the
difference is the cost of the engine.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

MIB = 1024 * 1024
SERVER = """
import asyncio

async def serve():
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    print("ready", flush=True)
    await server.serve_forever()

asyncio.run(serve())
"""
READY = 'print("ready", flush=True); input()'
SIDES: dict[str, Sequence[str]] = {
    "mock engine": (
        *("-m", "mock_engine", "--quiet"),
        *("--port", "0", "--http-port", "0", "--stream-port", "0"),
    ),
    "asyncio server": ("-c", SERVER),
    "python": ("-c", READY),
}


@dataclass(frozen=True, slots=True)
class Start:
    """The seconds until a process reported that it is ready, and its memory then, in bytes."""

    seconds: float
    memory: int


def start(arguments: Sequence[str]) -> Start:
    """Start a Python program, wait for its first line, and end it."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"{' '.join(arguments)} ended before it was ready")
        seconds = time.perf_counter() - begun
        return Start(seconds, psutil.Process(process.pid).memory_info().rss)
    finally:
        process.kill()
        process.communicate()


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a table of medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup")
    parser.add_argument("--rounds", type=int, default=10, help="starts of each side")
    rounds = parser.parse_args(arguments).rounds
    runs: dict[str, list[Start]] = {name: [] for name in SIDES}
    for _ in range(rounds):
        for name, how in SIDES.items():
            runs[name].append(start(how))
    print(f"{'':<16}{'seconds':>9}{'MiB':>8}{'python = 1':>11}")
    bare = statistics.median(found.seconds for found in runs["python"])
    for name, found in runs.items():
        seconds = statistics.median(each.seconds for each in found)
        memory = statistics.median(each.memory for each in found) / MIB
        print(f"{name:<16}{seconds:>9.3f}{memory:>8.1f}{seconds / bare:>11.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
