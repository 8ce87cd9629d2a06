"""Workers under a real engine, with the suite in between; a mock in a process stands for it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect

from conformance.engines.command import EngineCommand, free_ports
from conformance.engines.elsewhere import EngineAddress
from conformance.engines.upstream import EngineBehind
from conformance.errors import UsageError
from conformance.requirements.verdict import Outcome
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.relay import Relay
from conformance.trials.trial import TRIALS
from mock_engine.wire import Listener
from tests.engines.judging import MOCK
from tests.judging import judged

ECHO = Command.parse(f"{sys.executable} -m reference_workers.echo")
CALL = "0b7e1a52-0000-4000-8000-00000000000f"
SOUGHT = ("CON-001", "INV-001", "REG-001", "REC-004", "REC-006", "CAL-001", "SHD-001")
OURS = "CHN-002"
WITNESSES = [TRIALS[name] for name in ("looking_back", "first_series", "terminated")]
"""The trials in which REG-001 is watched here: there is one engine, and no time pressure."""

LONGEST = 60.0


def settings(upstream: EngineBehind) -> Settings:
    return Settings(ECHO, default_port=None, upstream=upstream, concurrency=upstream.parallel)


def test_a_worker_is_judged_under_engines_that_the_suite_starts() -> None:
    upstream = EngineBehind(EngineCommand.parse(MOCK))

    verdicts = judged(settings(upstream), [*SOUGHT, OURS], WITNESSES)

    found = {verdict.requirement.id: verdict.outcome for verdict in verdicts}
    assert found == dict.fromkeys(SOUGHT, Outcome.PASSED) | {OURS: Outcome.NOT_VERIFIED}
    assert "an engine that the suite controls" in verdicts[-1].finding.seen


def test_a_worker_is_judged_under_an_engine_that_runs_already() -> None:
    async def start() -> None:
        engine = await EngineCommand.parse(MOCK).start("main")
        address = EngineAddress.parse([engine.address.urls["ws"]])
        try:
            chosen = settings(EngineBehind(address))
            verdicts = await asyncio.to_thread(judged, chosen, SOUGHT, WITNESSES)
        finally:
            await engine.stop()
        assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * len(SOUGHT)

    asyncio.run(start())


def test_an_engine_that_is_not_there_is_a_usage_error() -> None:
    (port,) = free_ports(1)
    gone = EngineBehind(EngineAddress.parse([f"ws://127.0.0.1:{port}"]))

    with pytest.raises(UsageError, match="nothing listens on"):
        judged(settings(gone), ["CON-001"])


@asynccontextmanager
async def between() -> AsyncIterator[tuple[Listener, ClientConnection]]:
    """A relay, and the connection of a worker through it, which was greeted."""
    relay = Relay(EngineBehind(EngineCommand.parse(MOCK)))
    listener = await Listener.start(relay)
    try:
        async with connect(f"ws://127.0.0.1:{listener.port}") as worker:
            greeting = json.loads(await worker.recv())
            assert greeting["type"] == "workerregistered"
            announced = await answer_of(worker, "engine::workers::register", {"name": "w"})
            assert announced["result"] == {"success": True}
            yield listener, worker
    finally:
        await listener.stop()
        await relay.stop()


async def answer_of(
    worker: ClientConnection, function_id: str, data: object = None
) -> dict[str, object]:
    call = {"type": "invokefunction", "invocation_id": CALL, "function_id": function_id}
    await worker.send(json.dumps(call | {"data": data or {}}))
    answer: dict[str, object] = json.loads(await worker.recv())
    return answer


def test_messages_go_both_ways() -> None:
    async def play() -> None:
        async with between() as (_, worker):
            answer = await answer_of(worker, "engine::workers::list")

            assert answer["invocation_id"] == CALL
            assert "result" in answer

    asyncio.run(asyncio.wait_for(play(), LONGEST))


def test_answers_to_the_suite_stay_with_the_suite() -> None:
    """The engine would take such an answer for one to the worker's own call, by its id."""

    async def play() -> None:
        async with between() as (_, worker):
            own = {"type": "invocationresult", "invocation_id": CALL, "function_id": "x"}
            register = {"type": "registerfunction", "id": "x::slow"}
            await worker.send(json.dumps(register))
            call = {"type": "invokefunction", "invocation_id": CALL, "function_id": "x::slow"}
            await worker.send(json.dumps(call | {"data": {}}))
            asked = json.loads(await worker.recv())
            assert asked["type"] == "invokefunction"
            stray = {**own, "invocation_id": "0b7e1a52-0000-4000-8000-000000000001"}
            await worker.send(json.dumps(stray | {"result": "stray"}))
            await worker.send(json.dumps({**own, "result": "its own"}))
            answer = json.loads(await worker.recv())

            assert (answer["type"], answer["result"]) == ("invocationresult", "its own")

    asyncio.run(asyncio.wait_for(play(), LONGEST))


def test_the_end_of_the_engine_ends_the_worker() -> None:
    async def play() -> None:
        engine = await EngineCommand.parse(MOCK).start("bare")
        relay = Relay(EngineBehind(EngineAddress.parse([engine.address.urls["ws"]])))
        listener = await Listener.start(relay)
        try:
            async with connect(f"ws://127.0.0.1:{listener.port}") as worker:
                await worker.recv()
                await engine.stop()
                await worker.wait_closed()
        finally:
            await listener.stop()
            await relay.stop()

    asyncio.run(asyncio.wait_for(play(), LONGEST))
