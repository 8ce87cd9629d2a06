"""How fast an engine passes calls on: caller → engine → worker → caller, over real sockets.

    python -m benchmarks.roundtrip                       the mock engine and a bare router
    python -m benchmarks.roundtrip --checkout FOLDER     and the mock engine of another commit
    python -m benchmarks.roundtrip --url ws://127.0.0.1:49134 [--url ws://…]

The sides take turns, and each is shown by its fastest run, the one that other work on the machine
disturbed least. ``floor`` is a router of thirty lines on picows, ``floor on wire`` the same router
on this engine's transport. ``ratio`` is the first side's rate divided by that of a side. ``cpu us``
is the processor time that a side used for one call. The worker is a process of its own. The last
row of each number of calls in flight is the same caller and worker without an engine: what can be
measured at most. Exit code 1 when a reply was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import uvloop

from benchmarks.peer import Peer
from benchmarks.worker import FUNCTION, PAYLOAD, invocation_id

LOST_AFTER = 5.0
"""The time in seconds after which a reply counts as lost."""

CALL = b'{"type":"invokefunction","invocation_id":"%b","function_id":"%b","data":%b}'
MOCK = (
    *("-m", "mock_engine", "--quiet"),
    *("--port", "0", "--http-port", "0", "--stream-port", "0"),
)
SIDES: dict[str, Sequence[str]] = {
    "mock": MOCK,
    "router": ("-m", "benchmarks.router"),
    "floor": ("-m", "benchmarks.floor", "picows"),
    "floor on wire": ("-m", "benchmarks.floor", "wire"),
}
BEFORE = "mock before"
DIRECT = "no engine"
MOST_ENGINES = 2
WORKER = ("-m", "benchmarks.worker")


@dataclass(frozen=True, slots=True)
class Measure:
    """One run: calls per second, latencies in milliseconds, and replies that never arrived.

    ``cpu`` is the engine's processor time per call, in microseconds; 0 if it is not known.
    """

    rate: float
    p50: float
    p99: float
    lost: int
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Side:
    """A side of the comparison: its address and, if this program started it, its process."""

    url: str
    process: psutil.Process | None = None

    def cpu(self) -> float:
        """The processor time used so far, in seconds."""
        if self.process is None:
            return 0.0
        times = self.process.cpu_times()
        return float(times.user + times.system)


class Caller:
    """Keeps ``in_flight`` calls in flight until ``calls`` are finished."""

    def __init__(self, calls: int, in_flight: int) -> None:
        self._left, self._in_flight = calls, in_flight
        self._begun: dict[bytes, float] = {}
        self._times: list[float] = []
        self._lost = 0
        self._peer: Peer
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, url: str) -> Measure:
        """Measure an engine that has a worker."""
        self._peer = await Peer.connect(url, self._heard)
        begun = time.perf_counter()
        for _ in range(min(self._in_flight, self._left)):
            self._call()
        watching = asyncio.ensure_future(self._watch())
        await asyncio.wait([self._over, self._peer.over], return_when=asyncio.FIRST_COMPLETED)
        took = time.perf_counter() - begun
        watching.cancel()
        self._peer.close()
        lost = self._lost + self._left + len(self._begun)
        if not self._times:
            return Measure(0, 0, 0, lost)
        ranked = sorted(self._times)
        p50, p99 = (ranked[int(len(ranked) * part)] * 1000 for part in (0.5, 0.99))
        return Measure(len(ranked) / took, p50, p99, lost)

    def _call(self) -> None:
        self._left -= 1
        known = b"00000000-0000-4000-8000-%012x" % self._left
        self._begun[known] = time.perf_counter()
        self._peer.send(CALL % (known, FUNCTION.encode(), PAYLOAD))

    def _heard(self, message: bytes) -> None:
        if b'"invocationresult"' not in message:
            return
        begun = self._begun.pop(invocation_id(message), None)
        if begun is None:
            return
        if b'"error"' in message:
            raise RuntimeError(f"the engine answered with an error: {message!r}")
        self._times.append(time.perf_counter() - begun)
        self._next()

    def _next(self) -> None:
        if self._left:
            self._call()
        elif not self._begun and not self._over.done():
            self._over.set_result(None)

    async def _watch(self) -> None:
        """Count replies that are too late as lost, and make new calls in their place."""
        while True:
            await asyncio.sleep(LOST_AFTER / 5)
            now = time.perf_counter()
            for known in [key for key, at in self._begun.items() if now - at > LOST_AFTER]:
                del self._begun[known]
                self._lost += 1
                self._next()


@contextlib.contextmanager
def started(arguments: Sequence[str], folder: Path | None = None) -> Iterator[Side]:
    """Start a Python program and wait for the line that says it is ready; yields its last word.

    ``folder`` is where its modules are, if not in this program's folder.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=folder
    )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        if not words:
            raise SystemExit(f"error: python {' '.join(arguments)} ended before it was ready")
        yield Side(words[-1], psutil.Process(process.pid))
    finally:
        process.terminate()
        process.communicate()


def measure(side: Side | None, calls: int, in_flight: int) -> Measure:
    """One run against an engine with its own worker, or against the worker without an engine."""
    with started(WORKER if side is None else (*WORKER, side.url)) as worker:
        measured = side or worker
        before = measured.cpu()
        found: Measure = uvloop.run(_measure(measured.url, calls, in_flight))
        return replace(found, cpu=(measured.cpu() - before) / calls * 1e6)


async def _measure(url: str, calls: int, in_flight: int) -> Measure:
    return await Caller(calls, in_flight).run(url)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and return 1 when a reply was lost."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if len(options.url) > MOST_ENGINES:
        parser.error(f"--url is given {len(options.url)} times; two engines are compared at most")
    with contextlib.ExitStack() as running:
        sides: dict[str, Side | None] = {url: Side(url) for url in options.url}
        if not sides:
            sides = {name: running.enter_context(started(how)) for name, how in SIDES.items()}
        if options.checkout:
            sides[BEFORE] = running.enter_context(started(MOCK, options.checkout))
        sides[DIRECT] = None
        titles = ("calls/s", "p50 ms", "p99 ms", "cpu us", "ratio")
        heads = "".join(f"{title:>9}" for title in titles)
        print(f"{'in flight':>9}  {'side':<28}{heads}{'lost':>6}")
        lost = 0
        for in_flight in options.in_flight:
            runs: dict[str, list[Measure]] = {name: [] for name in sides}
            for _ in range(options.rounds):
                for name, side in sides.items():
                    runs[name].append(measure(side, options.calls, in_flight))
            lost += _report(in_flight, runs)
    return 1 if lost else 0


def _report(in_flight: int, runs: dict[str, list[Measure]]) -> int:
    best = {name: max(found, key=lambda run: run.rate) for name, found in runs.items()}
    first = next(iter(best.values())).rate
    for name, run in best.items():
        gone = sum(m.lost for m in runs[name])
        ratio = first / run.rate if run.rate else 0.0
        print(
            f"{in_flight:>9}  {name:<28}{run.rate:>9.0f}{run.p50:>9.2f}{run.p99:>9.2f}"
            f"{run.cpu:>9.1f}{ratio:>9.2f}{gone:>6}",
            flush=True,
        )
    return sum(m.lost for found in runs.values() for m in found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roundtrip", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--url", type=engine, action="append", default=[], help="an engine; given twice, two"
    )
    parser.add_argument("--checkout", type=folder, help="a checkout of another commit")
    parser.add_argument("--calls", type=count, default=20_000, help="calls of one run")
    parser.add_argument("--rounds", type=count, default=3, help="runs of each side")
    parser.add_argument(
        "--in-flight", type=count, nargs="+", default=[1, 16, 64, 256], help="calls at a time"
    )
    return parser


def engine(text: str) -> str:
    """Parse the URL of an engine.

    Raises:
        argparse.ArgumentTypeError: the text is not one.
    """
    if urlsplit(text).scheme == "ws" and urlsplit(text).hostname:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no engine; expected ws://HOST:PORT")


def folder(text: str) -> Path:
    """Check that a folder contains a mock engine.

    Raises:
        argparse.ArgumentTypeError: it does not.
    """
    if (Path(text) / "mock_engine").is_dir():
        return Path(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no checkout: it has no folder mock_engine")


def count(text: str) -> int:
    """Parse a whole number of at least one.

    Raises:
        argparse.ArgumentTypeError: the text is not one.
    """
    if text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of at least 1")


if __name__ == "__main__":
    sys.exit(main())
