"""An engine that is killed while it writes, again and again, with the same files."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.endurance.calls import ANNOUNCEMENT, call, write
from benchmarks.endurance.engine import Engine, started
from benchmarks.peer import Peer

SCOPE, TOPIC, TAKER = "endurance", "jobs", "taker::take"
IN_FLIGHT = 64


class Reply(msgspec.Struct):
    """The fields of a message that are read."""

    type: str
    invocation_id: str = ""
    function_id: str = ""
    data: Any = None
    result: Any = None
    error: Any = None


class Client:
    """A worker that writes state and publishes jobs, and receives the jobs once it subscribes."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self.taken: set[int] = set()
        self.peer: Peer

    @classmethod
    async def join(cls, url: str) -> Client:
        """Connect, and subscribe to the topic."""
        client = cls()
        client.peer = await Peer.connect(url, client._heard)
        client.peer.over.add_done_callback(client._gone)
        client.peer.send(write({"type": "registerfunction", "id": TAKER}))
        await client.ask(ANNOUNCEMENT, {"name": "taker"})
        queue = {"concurrency": 1}
        trigger = {"trigger_type": "durable:subscriber", "function_id": TAKER}
        config = {"topic": TOPIC, "queue_config": queue}
        await client.ask("engine::register_trigger", {**trigger, "config": config})
        return client

    async def ask(self, function_id: str, data: object) -> Any:
        """Call a function and return its result.

        Raises:
            ConnectionError: the connection ended before the answer.
            RuntimeError: the function failed.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[f"00000000-0000-4000-8000-{number:012x}"] = answer
        self.peer.send(call(number, function_id, data))
        return await answer

    def _heard(self, text: bytes) -> None:
        reply = msgspec.json.decode(text, type=Reply)
        if reply.type == "invokefunction":
            self.taken.add(reply.data["number"])
            ids = {"invocation_id": reply.invocation_id, "function_id": TAKER}
            self.peer.send(write({"type": "invocationresult", **ids, "result": None}))
        elif (waiting := self._waiting.pop(reply.invocation_id, None)) is not None:
            if reply.error is None:
                waiting.set_result(reply.result)
            else:
                waiting.set_exception(RuntimeError(str(reply.error)))

    def _gone(self, _: object) -> None:
        for waiting in self._waiting.values():
            waiting.set_exception(ConnectionError("the engine is gone"))
        self._waiting.clear()


def run(options: argparse.Namespace) -> int:
    """Kill engines, print what was lost, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), options.times, options.writes))


async def _run(folder: Path, times: int, writes: int) -> int:
    storage = {"store_method": "file_based", "file_path": str(folder / "data")}
    modules = (
        {"name": "iii-state", "config": {"adapter": {"name": "kv", "config": storage}}},
        {"name": "iii-queue", "config": {"adapter": {"name": "builtin", "config": storage}}},
    )
    numbers = count()
    kept: set[int] = set()
    published: set[int] = set()
    taken: set[int] = set()
    for _ in range(times):
        with started(modules) as engine:
            client = await Client.join(engine.addresses["ready"])

            async def both(number: int, client: Client = client) -> None:
                stored = {"scope": SCOPE, "key": str(number), "value": number}
                await client.ask("state::set", stored)
                kept.add(number)
                job = {"topic": TOPIC, "data": {"number": number}}
                await client.ask("iii::durable::publish", job)
                published.add(number)

            await _until_killed(engine, both, numbers, writes)
            taken |= client.taken
    with started(modules) as engine:
        client = await Client.join(engine.addresses["ready"])
        there = set(await client.ask("state::list", {"scope": SCOPE}))
        while (await client.ask("engine::queue::topic_stats", {"topic": TOPIC}))["depth"]:
            pass
        taken |= client.taken
        await client.peer.end()
    lost = {"writes of state": kept - there, "jobs": published - taken}
    print(f"killed {times} times; acknowledged: {len(kept)} writes of state, {len(published)} jobs")
    print("; ".join(f"lost {what}: {len(numbers)}" for what, numbers in lost.items()), flush=True)
    return int(any(lost.values()))


async def _until_killed(
    engine: Engine, act: Callable[[int], Awaitable[None]], numbers: count[int], writes: int
) -> None:
    """Make many calls at once; kill the engine when ``writes`` of them were acknowledged."""
    done = 0

    async def going() -> None:
        nonlocal done
        while True:
            await act(next(numbers))
            done += 1
            if done == writes:
                engine.process.kill()

    ended = await asyncio.gather(*(going() for _ in range(IN_FLIGHT)), return_exceptions=True)
    for fault in ended:
        if isinstance(fault, BaseException) and not isinstance(fault, ConnectionError):
            raise fault
