"""A recording of a worker and an engine can be played, whatever else the engine serves."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from conformance.requirements.verdict import Outcome
from conformance.scenarios.reading import load, parse
from conformance.scenarios.recording.compose import compose
from conformance.scenarios.recording.proxy import Proxy, Upstream
from conformance.scenarios.recording.writing import write
from conformance.trials.conversation import Conversation
from mock_engine.config import Config
from mock_engine.engine import Engine
from mock_engine.transcript import Event, Message, Requested
from mock_engine.wire import Listener
from tests.conformance.scenarios.playing import play
from tests.conformance.scenarios.recording.test_proxy import HOST, of, until

ECHO = "-m reference_workers.echo"


class Caller:
    """Another worker, which calls functions."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def call(self, function_id: str, data: Any) -> Any:
        """The result of a function, which a worker may register after its announcement."""
        asked = {"type": "invokefunction", "function_id": function_id, "data": data}
        async with asyncio.timeout(10):
            while True:
                told = await self._told({**asked, "invocation_id": str(uuid.uuid4())})
                if (told.get("error") or {}).get("code") != "function_not_found":
                    return told["result"]

    async def _told(self, asked: dict[str, Any]) -> dict[str, Any]:
        await self._connection.send(json.dumps(asked))
        while True:
            told: dict[str, Any] = json.loads(await self._connection.recv())
            if told.get("invocation_id") == asked["invocation_id"]:
                return told


@asynccontextmanager
async def engine() -> AsyncIterator[Listener]:
    """An engine that serves workers."""
    made = Engine(Config())
    listener = await Listener.start(made.workers, HOST, 0)
    try:
        yield listener
    finally:
        await listener.stop()
        await made.stop()


async def _recorded(worker: str, converse: Callable[[Caller], Awaitable[None]]) -> list[Event]:
    """The messages of a worker and an engine while something calls the worker."""
    async with engine() as listener:
        proxy = Proxy(Upstream(HOST, listener.port))
        gone = asyncio.Event()
        proxy.gone = gone.set
        port = await proxy.listen(HOST, 0)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *worker.split(),
            env={**os.environ, "III_URL": f"ws://{HOST}:{port}"},
            stderr=asyncio.subprocess.DEVNULL,
        )
        await until(proxy, lambda: any(b"workers::register" in m.data for m in of(proxy, Message)))
        async with connect(f"ws://{HOST}:{listener.port}/") as connection:
            await converse(Caller(connection))
        process.send_signal(signal.SIGTERM)
        await process.wait()
        await gone.wait()
        await proxy.stop()
        return proxy.transcript.events


def recorded(worker: str, converse: Callable[[Caller], Awaitable[None]]) -> tuple[list[Event], str]:
    """The events of a recording, and the scenario made from it."""
    events = asyncio.run(_recorded(worker, converse))
    return events, write(compose(events, name="recorded", title="t", source="s"))


def replayed(worker: str, text: str) -> tuple[str, str]:
    """The verdict when a recording is played against a worker."""
    entry = play(worker, [parse(text, "recorded.yaml")])["recorded"]
    return entry.outcome.value, entry.reason


def paths(events: list[Event]) -> set[str]:
    return {event.request.path for event in events if isinstance(event, Requested)}


def test_what_is_recorded_can_be_played() -> None:
    async def converse(caller: Caller) -> None:
        await caller.call("conformance::echo", {"tea": 1})

    _, text = recorded(ECHO, converse)

    assert "tea: 1" in text
    assert replayed(ECHO, text)[0] == Outcome.PASSED.value


def test_telemetry_goes_through_and_is_no_part_of_it() -> None:
    pytest.importorskip("iii")
    worker = "-m reference_workers.sdk_python"

    async def converse(caller: Caller) -> None:
        await caller.call("conformance::echo", {"tea": 1})

    events, text = recorded(worker, converse)

    assert "/otel" in paths(events)
    assert len(Conversation(events).workers) == 1
    assert "OTLP" not in text
    assert replayed(worker, text)[0] == Outcome.PASSED.value


def test_channels_go_through_and_are_there_when_it_is_played() -> None:
    parts = [{"base64": base64.b64encode(b"\x00\xff" * 40_000).decode()}, {"text": "enough"}]

    async def converse(caller: Caller) -> None:
        channel = await caller.call("engine::channels::create", {})
        await caller.call("conformance::write", {"channel": channel["writer"], "parts": parts})
        read = await caller.call("conformance::read", {"channel": channel["reader"]})
        assert read["messages"] == ["enough"]

    events, text = recorded(ECHO, converse)

    assert len([path for path in paths(events) if path.startswith("/ws/channels/")]) == 1
    assert len(Conversation(events).workers) == 1
    outcome, reason = replayed(ECHO, text)
    assert outcome == Outcome.PASSED.value, reason


def test_ctrl_c_writes_the_whole_file(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with engine() as listener:
            upstream = f"--upstream=ws://{HOST}:{listener.port}"
            recorder = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "conformance", "record", upstream, "-o", "bug.yaml"),
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            assert recorder.stdout is not None
            place = (await recorder.stdout.readline()).decode().split()[2].rstrip(";")
            async with connect(place) as worker:
                await worker.recv()
                await worker.send('{"type": "registerfunction", "id": "a"}')
                await worker.send('{"type": "registerfunction", "id": "a", "odd": NaN')
                await (await worker.ping())
                recorder.send_signal(signal.SIGINT)
                told = (await recorder.stdout.read()).decode()
                assert await recorder.wait() == 0, told

    asyncio.run(conversation())

    assert [path.name for path in tmp_path.iterdir()] == ["bug.yaml"]
    assert [step.kind for step in load(tmp_path / "bug.yaml").steps][:3] == [
        "start",
        "connects",
        "engine",
    ]
