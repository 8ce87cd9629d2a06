"""Everything at once: calls, requests and viewers, with the engine's memory sampled meanwhile."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable

from benchmarks.endurance import requests
from benchmarks.endurance.calls import Caller, Worker
from benchmarks.endurance.engine import Engine, started
from benchmarks.endurance.requests import Requests
from benchmarks.endurance.tally import Tally, has_grown
from benchmarks.endurance.viewers import Viewers

MODULES = (
    {"name": "iii-http", "config": {"port": 0, "default_timeout": 60_000}},
    {"name": "iii-stream", "config": {"port": 0}},
)
CHANGES = 1.0
"""The interval in seconds between two changes of the stream."""

ALLOWED = 0.05
"""The fraction by which an engine's memory may grow and still count as flat."""

GROWTH = {True: "grown", False: "flat", None: "too short to tell"}


def run(options: argparse.Namespace) -> int:
    """Load an engine, print the results, and return the exit code."""
    with started(MODULES) as engine:
        return asyncio.run(_run(engine, options))


async def _run(engine: Engine, options: argparse.Namespace) -> int:
    url = engine.addresses["ready"]
    empty, begun = engine.memory, time.perf_counter()
    names = [
        [f"w{worker}::f{number}" for number in range(options.functions)]
        for worker in range(options.workers)
    ]
    workers = [await Worker.join(url, own) for own in names]
    served = await requests.join(url)
    over = False
    viewers = Viewers(options.viewers, CHANGES, lambda: not over)
    await viewers.join(engine.addresses["iii-stream"])
    print(
        f"{len(workers)} workers with {options.functions} functions each and {options.viewers} "
        f"viewers joined in {time.perf_counter() - begun:.1f} s: "
        f"{empty:.1f} MiB before, {engine.memory:.1f} MiB after",
        flush=True,
    )
    asked = Requests(options.requests, lambda: not over)
    functions = [name for own in zip(*names, strict=True) for name in own]
    caller = Caller(functions, options.in_flight, _until(options))
    memory: list[float] = []
    beside = [
        asyncio.ensure_future(work)
        for work in (
            asked.run(engine.addresses["iii-http"]),
            viewers.run(url),
            _sample(engine, memory),
        )
    ]
    begun = time.perf_counter()
    await caller.run(url)
    over, took = True, time.perf_counter() - begun
    await asyncio.gather(*beside[:2])
    beside[2].cancel()
    for worker in (served, *workers):
        await worker.peer.end()
    await viewers.leave()
    return _report(took, memory, calls=caller.tally, http=asked.tally, changes=viewers.tally)


def _until(options: argparse.Namespace) -> Callable[[int], bool]:
    if options.minutes is None:
        calls: int = options.calls
        return lambda made: made < calls
    end = time.perf_counter() + options.minutes * 60
    return lambda _: time.perf_counter() < end


async def _sample(engine: Engine, memory: list[float]) -> None:
    while True:
        memory.append(engine.memory)
        await asyncio.sleep(1)


def _report(took: float, memory: list[float], **tallies: Tally) -> int:
    print(f"{'':<10}{'answers':>10}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'wrong':>7}{'lost':>6}")
    for name, tally in tallies.items():
        print(
            f"{name:<10}{tally.right + tally.wrong:>10}{(tally.right + tally.wrong) / took:>9.0f}"
            f"{tally.within(0.5):>9.1f}{tally.within(0.99):>9.1f}{tally.wrong:>7}{tally.lost:>6}"
        )
    grown = has_grown(memory, ALLOWED)
    tenths = [memory[len(memory) * n // 10] for n in range(10)]
    shown = " ".join(f"{size:.1f}" for size in (*tenths, memory[-1]))
    print(f"memory in {took:.0f} s, MiB: {shown}: {GROWTH[grown]}", flush=True)
    return int(bool(grown) or any(tally.wrong or tally.lost for tally in tallies.values()))
