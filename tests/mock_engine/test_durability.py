"""An engine that is killed under load: everything that it acknowledged still exists afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.mock_engine.modules.client import Client

WORKLOAD = 3_000
KILLED_AFTER = 400

CONFIG = """\
workers:
  - name: iii-worker-manager
    config: {{port: 0}}
  - name: iii-state
    config: {{adapter: {{name: kv, config: {{store_method: file_based, file_path: "{folder}"}}}}}}
  - name: iii-queue
    config:
      adapter: {{name: builtin, config: {{store_method: file_based, file_path: "{folder}"}}}}
"""


@asynccontextmanager
async def engine(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    config = folder / "engine.yaml"
    config.write_text(CONFIG.format(folder=folder / "data"), "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mock_engine", "--quiet", "--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        yield process, line.decode().split()[1]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def worker(url: str) -> AsyncIterator[Client]:
    async with connect(url) as socket:
        client = Client(socket)
        listening = asyncio.ensure_future(client.listen())
        await client.call("engine::workers::register", {"name": "load"})
        try:
            yield client
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def load(
    process: asyncio.subprocess.Process, client: Client, function_id: str, shape: Any
) -> list[int]:
    """Call with 0, 1, 2 … concurrently, kill the engine, and return what it acknowledged."""
    acknowledged: list[int] = []

    async def one(number: int) -> None:
        await client.call(function_id, shape(number))
        acknowledged.append(number)
        if len(acknowledged) == KILLED_AFTER:
            os.kill(process.pid, signal.SIGKILL)

    calls = [asyncio.ensure_future(one(number)) for number in range(WORKLOAD)]
    await process.wait()
    for call in calls:
        call.cancel()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    faults = [e for e in ended if isinstance(e, Exception)]
    assert [f for f in faults if not isinstance(f, ConnectionClosed)] == []
    return acknowledged


def test_no_acknowledged_state_is_lost(tmp_path: Path) -> None:
    async def test() -> None:
        async with engine(tmp_path) as (process, url), worker(url) as client:
            acknowledged = await load(
                process,
                client,
                "state::set",
                lambda n: {"scope": "s", "key": str(n), "value": {"n": n}},
            )
        async with engine(tmp_path) as (_, url), worker(url) as client:
            kept = {value["n"] for value in await client.call("state::list", {"scope": "s"})}

        assert KILLED_AFTER <= len(acknowledged) < WORKLOAD
        assert set(acknowledged) - kept == set()

    asyncio.run(test())


def test_no_acknowledged_message_is_lost(tmp_path: Path) -> None:
    async def test() -> None:
        topic = {"topic": "jobs", "queue_config": {"concurrency": 1}}
        async with engine(tmp_path) as (process, url), worker(url) as client:
            await client.bind("durable:subscriber", topic)
            acknowledged = await load(
                process,
                client,
                "iii::durable::publish",
                lambda n: {"topic": "jobs", "data": {"n": n}},
            )
            done = {client.called.get_nowait()["data"]["n"] for _ in range(client.called.qsize())}
        missing = set(acknowledged) - done
        async with engine(tmp_path) as (_, url), worker(url) as client:
            await client.bind("durable:subscriber", topic)
            while missing:
                missing.discard((await client.next_call())["n"])

        assert KILLED_AFTER <= len(acknowledged) < WORKLOAD

    asyncio.run(test())


def test_a_message_that_was_taken_does_not_come_again(tmp_path: Path) -> None:
    async def test() -> None:
        for number in (1, 2):
            async with engine(tmp_path) as (_, url), worker(url) as client:
                await client.bind("durable:subscriber", {"topic": "jobs"})
                await client.call("iii::durable::publish", {"topic": "jobs", "data": {"n": number}})

                assert await client.next_call() == {"n": number}
                while (await client.call("engine::queue::topic_stats", {"topic": "jobs"}))["depth"]:
                    pass

    asyncio.run(test())
