"""Calling others, providing a trigger type, and being refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from reference_workers.client import Context, FunctionError, Worker, wire
from reference_workers.client import connection as connections
from reference_workers.client.settings import Settings
from tests.reference_workers.recording import Link, Recorded, asynchronous, engine, serving

TRACE = {"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "baggage": "k=v"}


async def outgoing(link: Link) -> dict[str, Any]:
    """The next call of a function that is not the engine's."""
    return await link.expect(type="invokefunction", function_id="two::b")


async def code_of(call: Any) -> str:
    with pytest.raises(FunctionError) as failed:
        await call
    return failed.value.code


@asynchronous
async def test_a_call_has_an_id_and_data_and_returns_the_result() -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()
        call = asyncio.ensure_future(worker.call("two::b", None, metadata={"m": 1}))
        message = await outgoing(link)
        invocation_id = message["invocation_id"]
        await link.send({"type": "invocationresult", "invocation_id": "other", "result": 0})
        await link.send({"type": "invocationresult", "invocation_id": invocation_id, "result": 5})

        assert await call == 5
        assert message == {
            "type": "invokefunction",
            "function_id": "two::b",
            "data": None,
            "invocation_id": invocation_id,
            "metadata": {"m": 1},
        }


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"code": "no_tea", "message": "none left", "stacktrace": "…"}, "no_tea", "none left"),
        (
            {"code": "invocation_stopped", "message": "Invocation stopped"},
            "invocation_stopped",
            "Invocation stopped",
        ),
        ({}, "invocation_failed", ""),
        ("text", "invocation_failed", "text"),
    ],
)
@asynchronous
async def test_an_error_reaches_the_caller_as_it_is(error: Any, code: str, message: str) -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()
        call = asyncio.ensure_future(worker.call("two::b", {}))
        invocation_id = (await outgoing(link))["invocation_id"]
        answer = {"type": "invocationresult", "invocation_id": invocation_id, "error": error}
        await link.send(answer)

        with pytest.raises(FunctionError) as failed:
            await call
        assert (failed.value.code, failed.value.message) == (code, message)


@asynchronous
async def test_a_call_times_out_and_its_late_answer_is_ignored() -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()

        assert await code_of(worker.call("two::b", {}, seconds=0.01)) == "TIMEOUT"
        invocation_id = (await outgoing(link))["invocation_id"]
        await link.send({"type": "invocationresult", "invocation_id": invocation_id, "result": 5})
        assert (await link.ask("one::none"))["error"]["code"] == "function_not_found"


@asynchronous
async def test_void_calls_have_no_id_and_queued_calls_have_one() -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()
        worker.cast("two::b", 1)
        action = {"type": "enqueue", "queue": "q"}
        call = asyncio.ensure_future(worker.call("two::b", 2, action=action))
        void, queued = await outgoing(link), await outgoing(link)
        receipt = {"messageReceiptId": "r"}
        known = {"type": "invocationresult", "invocation_id": queued["invocation_id"]}
        await link.send(known | {"result": receipt})

        assert await call == receipt
        assert "invocation_id" not in void
        assert (void["action"], queued["action"]) == ({"type": "void"}, action)


@asynchronous
async def test_namespace_is_the_workers_own_except_for_the_engine() -> None:
    async with engine() as there, serving(there.url, namespace="shop") as worker:
        link = await there.ready()
        worker.cast("two::b", 1)
        worker.cast("two::b", 2, namespace="other")
        worker.cast("engine::log::info", {"message": "x"})

        assert (await outgoing(link))["namespace"] == "shop"
        assert (await outgoing(link))["namespace"] == "other"
        assert "namespace" not in await link.expect(function_id="engine::log::info")


@asynchronous
async def test_a_nested_call_carries_the_trace_on() -> None:
    def offer(worker: Worker) -> None:
        async def relay(data: Any, context: Context) -> Any:
            worker.cast("two::b", data)

        worker.function("one::relay", relay)

    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        await link.ask("one::relay", 1, **TRACE)
        traced = await outgoing(link)
        await link.ask("one::relay", 2)
        untraced = await outgoing(link)

        assert TRACE.items() <= traced.items()
        assert not TRACE.keys() & untraced.keys()


@asynchronous
async def test_calls_without_connection_are_sent_on_the_next_unless_nobody_waits() -> None:
    times = Recorded(first_delay=0.1)
    async with engine() as there, serving(there.url, times=times) as worker:
        await (await there.ready()).abort()
        await times.loss()
        assert await code_of(worker.call("two::b", "late", seconds=0)) == "TIMEOUT"
        call = asyncio.ensure_future(worker.call("two::b", "kept"))
        await asyncio.sleep(0)
        link = await there.ready()
        message = await outgoing(link)
        known = {"type": "invocationresult", "invocation_id": message["invocation_id"]}
        await link.send(known | {"result": 5})

        assert await call == 5
        assert message["data"] == "kept"
        assert not [m for m in link.messages if m.get("data") == "late"]


@asynchronous
async def test_calls_without_connection_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEPT_MESSAGES", 3)
    async with engine() as there, serving(there.url) as worker:
        for number in range(5):
            worker.cast("two::b", number)
        link = await there.ready()
        kept = [(await outgoing(link))["data"] for _ in range(3)]

        assert kept == [2, 3, 4]


@asynchronous
async def test_a_call_that_cannot_be_sent_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()
        with pytest.raises(ValueError, match="JSON compliant"):
            await worker.call("two::b", float("nan"))
        monkeypatch.setattr(wire, "MAX_MESSAGE", 1000)
        assert await code_of(worker.call("two::b", "x" * 1000)) == "payload_too_large"
        worker.cast("two::b", "small")

        assert (await outgoing(link))["data"] == "small"


@asynchronous
async def test_pending_calls_fail_at_the_end() -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()
        call = asyncio.ensure_future(worker.call("two::b", 1))
        await outgoing(link)
        await worker.stop()

        assert await code_of(call) == "SHUTDOWN"
        await link.ended()
        assert link.close_code == 1000
        assert len(there.links) == 1


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["WORKER_NAMESPACE_CONFLICT", "SOMETHING_NEW"])
@asynchronous
async def test_a_refused_worker_ends_and_stays_away(code: str) -> None:
    async with engine() as there:
        times = Recorded()
        worker = Worker(Settings(there.url, "tested"), times)
        serving = asyncio.ensure_future(worker.serve())
        link = await there.ready()
        call = asyncio.ensure_future(worker.call("two::b", 1))
        await outgoing(link)
        await link.send({"type": "registrationrejected", "code": code, "worker_name": "tested"})

        assert await code_of(call) == code
        await asyncio.wait_for(serving, 10)
        await link.ended()
        assert link.close_code == 1000
        assert times.waited == []


# -- providing ------------------------------------------------------------------------------------

TRIGGER = {"id": "t1", "trigger_type": "one-tick", "function_id": "two::b"}


def provider(bound: list[str], hold: asyncio.Event | None = None) -> Callable[[Worker], None]:
    async def bind(message: dict[str, Any]) -> None:
        if hold is not None:
            await hold.wait()
        if message["config"] is None:
            raise ValueError("no config")
        bound.append(message["id"])

    async def unbind(message: dict[str, Any]) -> None:
        bound.remove(message["id"])

    return lambda worker: worker.trigger_type("one-tick", "Ticks.", bind, unbind)


@asynchronous
async def test_a_trigger_is_taken_and_given_up() -> None:
    bound: list[str] = []
    async with engine() as there, serving(there.url, provider(bound)):
        link = await there.ready()
        await link.send({"type": "registertrigger", "config": {}, **TRIGGER})
        taken = await link.expect(type="triggerregistrationresult")
        assert taken == {"type": "triggerregistrationresult", **TRIGGER}
        assert bound == ["t1"]
        await link.send({"type": "unregistertrigger", "id": "t1", "trigger_type": "one-tick"})
        await link.ask("one::none")

        assert bound == []
        assert [m["type"] for m in link.messages[-2:]] == [
            "triggerregistrationresult",
            "invocationresult",
        ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"config": None}, "trigger_registration_failed"),
        ({"config": {}, "trigger_type": "unheard-of"}, "trigger_type_not_found"),
    ],
)
@asynchronous
async def test_a_trigger_that_is_not_taken_gets_a_reason(changes: Any, code: str) -> None:
    async with engine() as there, serving(there.url, provider([])):
        link = await there.ready()
        await link.send({"type": "registertrigger", **TRIGGER, **changes})
        answer = await link.expect(type="triggerregistrationresult", id="t1")

        assert answer["error"]["code"] == code
        assert answer["error"]["message"]


@asynchronous
async def test_triggers_are_handled_in_order_and_answered_where_they_were_asked() -> None:
    bound: list[str] = []
    hold = asyncio.Event()
    async with engine() as there, serving(there.url, provider(bound, hold)):
        link = await there.ready()
        await link.send({"type": "registertrigger", "config": {}, **TRIGGER})
        await link.send({"type": "unregistertrigger", "id": "t1", "trigger_type": "one-tick"})
        await link.ask("one::none")
        await link.abort()
        link = await there.ready()
        hold.set()
        await link.send({"type": "registertrigger", "config": {}, **TRIGGER, "id": "t2"})
        await link.expect(type="triggerregistrationresult", id="t2")

        assert bound == ["t2"]
        assert not [m for m in link.messages if m.get("id") == "t1"]


@asynchronous
async def test_a_handler_that_waits_for_an_answer_gets_it_while_the_worker_stops() -> None:
    def offer(worker: Worker) -> None:
        async def relay(data: Any, context: Context) -> Any:
            return await worker.call("other::function", data)

        worker.function("relay", relay)

    async with engine() as there, serving(there.url, offer) as worker:
        link = await there.ready()
        asked = await link.invoke("relay", 5)
        call = await link.expect(type="invokefunction", function_id="other::function")
        stopping = asyncio.ensure_future(worker.stop())
        refused = await link.ask("relay", 6)
        assert refused["error"]["code"] == "invocation_stopped"
        answer = {"type": "invocationresult", "invocation_id": call["invocation_id"], "result": 7}
        await link.send({**answer, "function_id": "other::function"})
        assert (await link.expect(type="invocationresult", invocation_id=asked))["result"] == 7
        await stopping
