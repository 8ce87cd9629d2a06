"""Where the processor time of one call goes within the mock engine, without sockets.

    python -m benchmarks.hot_path [--checkout FOLDER]

A call is its two messages in and its two messages out. Its time is the least of some rounds, in
microseconds; the parts are cProfile's shares of it, the time of C functions being their caller's.
``--checkout`` has the engine of another commit beside it, in turns, a process for each round.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mock_engine.engine import Engine
from mock_engine.wire import Connection, Listener

HERE = Path(__file__).parents[1]
CALLS = 20_000
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
WORKER = "00000000-0000-4000-8000-ffffffffffff"
PARTS = {
    "wire": "frames",
    "decoding": "messages",
    "messages": "messages",
    "outgoing": "messages",
    "core": "core",
}
"""The part for each module or package of ``mock_engine``; all other code is "passing on"."""


class Nowhere(asyncio.Transport):
    """A transport that discards everything."""

    def write(self, data: object) -> None:
        """Discard the data."""

    def is_closing(self) -> bool:
        """It never closes."""
        return False

    def get_write_buffer_size(self) -> int:
        """Nothing is buffered."""
        return 0


def frame(message: dict[str, Any]) -> bytes:
    """A message as a worker sends it, masked with zeros (RFC 6455, section 5.3)."""
    text = json.dumps(message, separators=(",", ":")).encode()
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + text


async def measure(in_flight: int) -> dict[str, float]:
    """The microseconds of one call, and the share of each part."""
    listener = Listener(Engine().workers, "127.0.0.1", 0)
    caller, worker = (_joined(listener) for _ in range(2))
    named = {"invocation_id": WORKER, "function_id": "engine::workers::register"}
    worker.data_received(frame({"type": "registerfunction", "id": "bench::echo"}))
    worker.data_received(frame({"type": "invokefunction", **named, "data": {"name": "bench"}}))
    calls, answers = b"", b""
    for number in range(in_flight):
        ids = {
            "invocation_id": f"00000000-0000-4000-8000-{number:012x}",
            "function_id": "bench::echo",
        }
        payload = {"text": "x" * 53}
        calls += frame({"type": "invokefunction", **ids, "data": payload})
        answers += frame({"type": "invocationresult", **ids, "result": payload})

    def serve() -> float:
        begun = time.process_time()
        for _ in range(CALLS // in_flight):
            caller.data_received(calls)
            worker.data_received(answers)
        return (time.process_time() - begun) / CALLS * 1e6

    least = min(serve() for _ in range(5))
    profile = cProfile.Profile(builtins=False)
    profile.runcall(serve)
    return {"all of it": least, **_shares(profile)}


def _joined(listener: Listener) -> Connection:
    connection: Connection = listener._connection()  # noqa: SLF001 - what an accept makes
    connection.connection_made(Nowhere())
    connection.data_received(UPGRADE)
    return connection


def _shares(profile: cProfile.Profile) -> dict[str, float]:
    own: Counter[str] = Counter()
    stats: Any = pstats.Stats(profile)
    for (file, _, _), (_, _, seconds, _, _) in stats.stats.items():
        _, _, inside = file.rpartition("mock_engine/")
        own[PARTS.get(inside.partition("/")[0].removesuffix(".py"), "passing on")] += seconds
    return {part: seconds / own.total() for part, seconds in own.items()}


def main(arguments: list[str] | None = None) -> int:
    """Measure each side in turns, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hot_path", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--checkout", type=Path, help="a checkout of another commit")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each side")
    parser.add_argument("--in-flight", type=int, default=1, help="messages that come in one chunk")
    options = parser.parse_args(arguments)
    sides = {"engine": HERE} | ({"before": options.checkout} if options.checkout else {})
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, folder in sides.items():
            runs[name].append(_apart(folder, options.in_flight))
    print(f"{'':<12}" + "".join(f"{name:>10}" for name in sides))
    best = {name: min(found, key=lambda run: run["all of it"]) for name, found in runs.items()}
    for part in best["engine"]:
        row = (
            found["all of it"] * (1 if part == "all of it" else found.get(part, 0))
            for found in best.values()
        )
        print(f"{part:<12}" + "".join(f"{cost:>10.1f}" for cost in row))
    return 0


def _apart(folder: Path, in_flight: int) -> dict[str, float]:
    """Measure the engine in a folder, in a separate process."""
    command = [sys.executable, __file__, "--alone", str(in_flight)]
    environment = os.environ | {"PYTHONPATH": str(folder.resolve())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        print(json.dumps(asyncio.run(measure(int(sys.argv[2])))))
    else:
        sys.exit(main())
