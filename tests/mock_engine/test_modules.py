"""The modules through a real socket, as workers meet them, and their pure parts."""

from __future__ import annotations

import asyncio
import copy
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.modules.schedule import BadExpression, Schedule
from mock_engine.modules.store import MISSING, open_store
from mock_engine.modules.updates import apply, are_operations
from mock_engine.wire import Listener

NAMES = ("iii-state", "iii-pubsub", "iii-queue", "iii-cron")


class Client:
    """A worker that calls, and answers whatever it is called with, as told."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.called: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self.reply: dict[str, Any] = {"result": None}

    async def send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def call(self, function_id: str, data: Any) -> Any:
        invocation_id = str(uuid.uuid4())
        answer = self._answers[invocation_id] = asyncio.get_running_loop().create_future()
        ids = {"invocation_id": invocation_id, "function_id": function_id}
        await self.send(type="invokefunction", data=data, **ids)
        return await asyncio.wait_for(answer, 10)

    async def bind(self, trigger_type: str, config: Any) -> None:
        await self.send(type="registerfunction", id="test::handler")
        ids = {"id": "t1", "trigger_type": trigger_type, "function_id": "test::handler"}
        await self.send(type="registertrigger", config=config, **ids)
        await self.call("engine::workers::list", {})

    async def next_call(self) -> Any:
        return (await asyncio.wait_for(self.called.get(), 10))["data"]

    async def listen(self) -> None:
        async for raw in self._socket:
            message = json.loads(raw)
            if message["type"] == "invocationresult":
                self._answers[message["invocation_id"]].set_result(
                    message.get("error") or message.get("result")
                )
            elif message["type"] == "invokefunction":
                ids = {name: message[name] for name in ("invocation_id", "function_id")}
                await self.send(type="invocationresult", **ids, **self.reply)
                await self.called.put(message)


@asynccontextmanager
async def client(**options: Any) -> AsyncIterator[Client]:
    engine = Engine(Config(modules=tuple(ModuleConfig(name, options, 1) for name in NAMES)))
    await engine.start()
    listener = await Listener.start(engine.workers)
    try:
        async with connect(f"ws://127.0.0.1:{listener.port}") as socket:
            worker = Client(socket)
            listening = asyncio.ensure_future(worker.listen())
            await worker.call("engine::workers::register", {"name": "test"})
            yield worker
            listening.cancel()
    finally:
        await listener.stop()
        await engine.stop()


def test_state_keeps_values_and_tells_of_changes() -> None:
    async def test() -> None:
        async with client() as worker:
            await worker.bind("state", {"scope": "s"})
            where = {"scope": "s", "key": "k"}

            assert await worker.call("state::get", where) is None
            assert await worker.call("state::set", where | {"value": {"n": 1}}) == {
                "old_value": None,
                "new_value": {"n": 1},
            }
            created = await worker.next_call()
            ops = [{"type": "increment", "path": "n", "by": 2}]
            changed = await worker.call("state::update", where | {"ops": ops})

            assert created["event_type"] == "state:created"
            assert changed == {"old_value": {"n": 1}, "new_value": {"n": 3}}
            assert (await worker.next_call())["new_value"] == {"n": 3}
            assert await worker.call("state::list", {"scope": "s"}) == [{"n": 3}]
            assert (await worker.call("state::set", {"key": "k"}))["code"] == (
                "deserialization_error"
            )

    asyncio.run(test())


def test_published_messages_reach_their_subscribers() -> None:
    async def test() -> None:
        async with client() as worker:
            await worker.bind("subscribe", {"topic": "news"})

            await worker.call("publish", {"topic": "other", "data": 1})
            await worker.call("publish", {"topic": "news", "data": {"n": 2}})

            assert await worker.next_call() == {"n": 2}

    asyncio.run(test())


def test_a_failing_subscriber_gets_its_message_again() -> None:
    async def test() -> None:
        async with client() as worker:
            config = {"topic": "jobs", "queue_config": {"maxRetries": 1, "backoffDelayMs": 1}}
            await worker.bind("durable:subscriber", config)
            worker.reply = {"error": {"code": "no", "message": "not yet"}}

            await worker.call("iii::durable::publish", {"topic": "jobs", "data": {"n": 1}})

            assert [await worker.next_call(), await worker.next_call()] == [{"n": 1}] * 2

    asyncio.run(test())


def test_a_schedule_fires() -> None:
    async def test() -> None:
        async with client() as worker:
            await worker.bind("cron", {"expression": "* * * * * *"})

            fired = await worker.next_call()

            assert (fired["trigger"], fired["job_id"]) == ("cron", "t1")

    asyncio.run(test())


def test_a_file_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    options = {"adapter": {"config": {"store_method": "file_based", "file_path": str(tmp_path)}}}
    store = open_store(options, "state")
    store.put("g", "a", {"n": [1, None]})
    store.put("g", "b", None)
    store.put("g", "c", 1)
    store.drop("g", "c")

    again = open_store(options, "state")  # the first is not closed: as after a kill

    assert again.get("g", "a") == {"n": [1, None]}
    assert again.get("g", "b") is None
    assert again.get("g", "c") is MISSING
    store.close()
    again.close()


def append(path: Any, value: Any) -> dict[str, Any]:
    return {"type": "append", "path": path, "value": value}


def merge(value: Any) -> dict[str, Any]:
    return {"type": "merge", "value": value}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("value", "op", "after", "code"),
    [
        ({"a": 1}, {"type": "set", "path": "b", "value": 2}, {"a": 1, "b": 2}, None),
        ([1], {"type": "set", "path": "b", "value": 2}, [1], "set.target_not_object"),
        ({"a": "x"}, {"type": "append", "path": "a", "value": "y"}, {"a": "xy"}, None),
        (
            {"a": "x"},
            {"type": "append", "path": "a", "value": 1},
            {"a": "x"},
            "append.type_mismatch",
        ),
        (
            {},
            {"type": "merge", "path": ["a", "b"], "value": {"c": 1}},
            {"a": {"b": {"c": 1}}},
            None,
        ),
        (
            {},
            {"type": "merge", "path": "__proto__", "value": {"c": 1}},
            {},
            "merge.path.proto_polluted",
        ),
        ({"a": 5}, {"type": "decrement", "path": "a", "by": 2}, {"a": 3}, None),
        ({"a": 5, "b": 1}, {"type": "remove", "path": "a"}, {"b": 1}, None),
        (
            {"a": None},
            {"type": "increment", "path": "a", "by": 1},
            {"a": None},
            "increment.not_number",
        ),
        (
            {"a": -(2**63)},
            {"type": "decrement", "path": "a", "by": 1},
            {"a": -(2**63)},
            "decrement.not_number",
        ),
        ({"a": 2**63 - 1}, {"type": "increment", "path": "a", "by": 1}, {"a": 2**63}, None),
        (None, {"type": "set", "path": "a", "value": 1}, None, "set.target_not_object"),
        (MISSING, {"type": "set", "path": "__proto__"}, {}, "set.path.proto_polluted"),
        (MISSING, {"type": "remove", "path": "ü" * 129}, {}, "remove.path.segment_too_long"),
        (MISSING, {"type": "merge", "value": 1}, {}, "merge.value.not_an_object"),
        ({"a": {"b": None}}, append(["a", "b"], "x"), {"a": {"b": "x"}}, None),
        ({}, append(["a", "b"], "x"), {"a": {"b": ["x"]}}, None),
        ({"a": 1}, append([], 1), {"a": 1}, "append.type_mismatch"),
        (5, append(["a"], 1), 5, "append.target_not_object"),
        ({}, merge(dict.fromkeys(map(str, range(1025)))), {}, "merge.value.too_many_keys"),
        ({}, merge({"a": nested(16)}), {}, "merge.value.too_deep"),
        ({}, merge({"a": nested(15)}), {"a": nested(15)}, None),
    ],
)
def test_operations_apply_or_say_why_not(
    value: Any, op: dict[str, Any], after: Any, code: str | None
) -> None:
    before = copy.deepcopy(value)

    result, errors = apply(value, [op])

    assert result == after
    assert [error["code"] for error in errors] == ([code] if code else [])
    assert value is before is MISSING or value == before


@pytest.mark.parametrize(
    ("op", "complaint"),
    [
        (5, "invalid type: integer `5`, expected internally tagged enum UpdateOp"),
        ({}, "missing field `type`"),
        ({"type": 5}, "invalid type: integer `5`, expected variant identifier"),
        (append(5, 1), "data did not match any variant of untagged enum MergePath"),
        ({"type": "increment", "path": "a", "by": 1.5}, "floating point `1.5`, expected i64"),
        ({"type": "set", "path": 5}, "invalid type: integer `5`, expected a string"),
        ({"type": "merge"}, "missing field `value`"),
    ],
)
def test_operations_that_cannot_be_read_are_told_as_serde_does(op: Any, complaint: str) -> None:
    told = are_operations([op])

    assert told is not None
    assert complaint in told


@pytest.mark.parametrize(
    ("expression", "after", "following"),
    [
        ("0 0 9 * * *", "2026-01-01T09:00:00", "2026-01-02T09:00:00"),
        ("*/15 * * * * *", "2026-01-01T00:00:01", "2026-01-01T00:00:15"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 30 8 1-5 * * 2027", "2026-06-01T00:00:00", "2027-01-01T08:30:00"),
        ("0 0 0 ? Feb-March Thurs", "2026-01-01T00:00:00", "2026-02-05T00:00:00"),
        ("0 0 0 * * Mon-Fri/2", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
    ],
)
def test_a_schedule_knows_its_next_moment(expression: str, after: str, following: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)

    found = Schedule.parse(expression).next_after(moment)

    assert found == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * * *",
        "60 * * * * *",
        "a b c d e f",
        "? * * * * *",
        "*/0 * * * * *",
        "5-1 * * * * *",
        "0 0 0 * Janu *",
        "0 0 0 * * Mon/2",
        "0 0 0 * * 2-Fri",
        "0 0 0 * * * * *",
        "1/ * * * * *",
    ],
)
def test_a_bad_expression_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        Schedule.parse(expression)
