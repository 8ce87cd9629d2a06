"""How many chats a second the agent system carries, and how long each takes.

    python -m benchmarks.agents                                  on the mock engine
    python -m benchmarks.agents --url ws://127.0.0.1:49134       on any engine

The mock engine keeps its state in memory, so that no disk is measured. A chat is an invocation
of `agent::chat` with a question that needs a tool, in a session of its own: 27 calls
through the engine. Beside it stands a direct call of the local model, `llm::complete`: what a chat
takes at least. Sides take turns. Exit code 1 when a chat failed or was never answered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.roundtrip import count, engine, started
from reference_workers.client import FunctionError, Worker
from reference_workers.system.calling import caller
from reference_workers.system.folder import ENGINE_MODULES

QUESTION = "What is 12 * 12?"
ANSWER = "144"
PATIENCE = 60.0
"""The time in seconds after which a chat counts as failed."""

CHAT, DIRECT = "chat", "model alone"


@dataclass(frozen=True, slots=True)
class Measure:
    """One run: calls per second, latencies in milliseconds, and calls without the right answer."""

    rate: float
    p50: float
    p99: float
    errors: int


async def measure(worker: Worker, side: str, calls: int, in_flight: int) -> Measure:
    """Keep so many calls in flight until all are finished."""
    took: list[float] = []
    errors = 0
    numbers = iter(range(calls))

    async def work() -> None:
        nonlocal errors
        for number in numbers:
            begun = time.perf_counter()
            right = await _asked(worker, side, f"{begun}-{number}")
            took.append(time.perf_counter() - begun)
            errors += not right

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    whole = time.perf_counter() - begun
    ranked = sorted(took)
    p50, p99 = (ranked[int(len(ranked) * part)] * 1000 for part in (0.5, 0.99))
    return Measure(calls / whole, p50, p99, errors)


async def _asked(worker: Worker, side: str, session: str) -> bool:
    """Whether a call got the right answer."""
    message = {"role": "user", "content": QUESTION}
    data: Any = {"messages": [message], "tools": [{"name": "math::evaluate"}]}
    if side == CHAT:
        data = {"session": session, "text": QUESTION}
    function_id = "agent::chat" if side == CHAT else "llm::complete"
    try:
        answer = await worker.call(function_id, data, seconds=PATIENCE)
    except FunctionError as fault:
        print(f"{function_id}: {fault.code}: {fault.message}", file=sys.stderr)
        return False
    return ANSWER in str(answer["reply"]) if side == CHAT else "tool_calls" in answer["message"]


@contextlib.contextmanager
def mock() -> Iterator[str]:
    """A mock engine with the modules that the system uses; yields its address."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "engine.yaml"
        config.write_text(json.dumps({"workers": [{"name": name} for name in ENGINE_MODULES]}))
        ports = ("--port", "0", "--http-port", "0", "--stream-port", "0")
        with started(("-m", "mock_engine", "--quiet", "--config", str(config), *ports)) as side:
            yield side.url


@contextlib.contextmanager
def system(url: str) -> Iterator[None]:
    """The workers of the system on an engine; entered when all are ready."""
    command = [sys.executable, "-m", "reference_workers", "start", "--temporary", "--url", url]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in iter(process.stdout.readline, ""):
            lines.append(line)
            if line.startswith("ready: ") and " workers at " in line:
                yield
                return
        raise SystemExit("error: the system did not come up:\n" + "".join(lines[-20:]))
    finally:
        process.terminate()
        process.communicate()


async def run(url: str, options: argparse.Namespace) -> int:
    """Measure, print a table, and return how many calls went wrong."""
    print(
        f"{'in flight':>9}  {'side':<14}{'per second':>11}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}"
    )
    wrong = 0
    async with caller(url, "benchmark") as worker:
        await measure(worker, CHAT, options.chats // 4, 4)  # warm up every side
        for in_flight in options.in_flight:
            runs: dict[str, list[Measure]] = {CHAT: [], DIRECT: []}
            for _ in range(options.rounds):
                for side, found in runs.items():
                    found.append(await measure(worker, side, options.chats, in_flight))
            wrong += sum(_report(in_flight, side, found) for side, found in runs.items())
    return wrong


def _report(in_flight: int, side: str, runs: list[Measure]) -> int:
    rate, p50, p99 = (
        statistics.median(getattr(run, part) for run in runs) for part in ("rate", "p50", "p99")
    )
    errors = sum(run.errors for run in runs)
    print(f"{in_flight:>9}  {side:<14}{rate:>11.1f}{p50:>9.1f}{p99:>9.1f}{errors:>8}", flush=True)
    return errors


def main(arguments: list[str] | None = None) -> int:
    """Measure, and return 1 when a call went wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agents", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--url", type=engine, help="an engine that runs")
    parser.add_argument("--chats", type=count, default=300, help="calls of one run")
    parser.add_argument("--rounds", type=count, default=3, help="runs of each side")
    parser.add_argument(
        "--in-flight", type=count, nargs="+", default=[1, 16, 64], help="calls at a time"
    )
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as running:
        url = options.url or running.enter_context(mock())
        running.enter_context(system(url))
        return 1 if asyncio.run(run(url, options)) else 0


if __name__ == "__main__":
    sys.exit(main())
