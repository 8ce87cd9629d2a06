"""Answering invocations: one answer each, concurrently, and an error rather than silence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from reference_workers.client import Context, FunctionError, Worker, wire
from tests.reference_workers.recording import Link, asynchronous, engine, serving

TRACE = {"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "baggage": "k=v"}


async def echo(data: Any, context: Context) -> Any:
    return data


async def about(data: Any, context: Context) -> Any:
    return {"metadata": context.metadata, "traceparent": context.traceparent}


async def fail(data: Any, context: Context) -> Any:
    raise FunctionError("no_tea", "there is no tea")


async def crash(data: Any, context: Context) -> Any:
    return {}[data]


async def odd(data: Any, context: Context) -> Any:
    recursive: list[Any] = []
    recursive.append(recursive)
    return {
        "nan": float("nan"),
        "infinity": [float("inf")],
        "object": object(),
        "half": "\ud800",
        "recursive": recursive,
    }[data]


def offer(worker: Worker) -> None:
    for handler in (echo, about, fail, crash, odd):
        worker.function(f"one::{handler.__name__}", handler)


async def results(link: Link) -> list[Any]:
    """The ids that were answered before one more invocation."""
    await link.ask("one::echo", "last")
    return [m.get("invocation_id") for m in link.messages if m["type"] == "invocationresult"][:-1]


@asynchronous
async def test_a_result_repeats_ids_and_trace() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        answer = await link.ask("one::echo", {"a": [1, "ü", None]}, **TRACE)

        assert answer.pop("invocation_id")
        assert answer == {
            "type": "invocationresult",
            "function_id": "one::echo",
            "result": {"a": [1, "ü", None]},
            **TRACE,
        }


@pytest.mark.parametrize("data", [None, 0, "", [], {}, False, {"_caller_worker_id": "x"}])
@asynchronous
async def test_any_value_passes(data: Any) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        answer = await link.ask("one::echo", data, unheard_of=1, action=None, namespace=None)

        assert answer["result"] == data
        assert "error" not in answer


@asynchronous
async def test_metadata_is_no_part_of_the_data() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        answer = await link.ask("one::about", {}, metadata={"a": 1}, traceparent=5, baggage="")

        assert answer["result"] == {"metadata": {"a": 1}, "traceparent": None}
        assert not {"traceparent", "baggage"} & answer.keys()


@pytest.mark.parametrize(
    ("function_id", "code", "message"),
    [
        ("one::none", "function_not_found", "Function 'one::none' not found"),
        ("one::fail", "no_tea", "there is no tea"),
        ("one::crash", "invocation_failed", "'tea'"),
    ],
)
@asynchronous
async def test_failures_have_code_and_message(function_id: str, code: str, message: str) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        answer = await link.ask(function_id, "tea")

        assert (answer["error"]["code"], answer["error"]["message"]) == (code, message)
        assert ("KeyError" in answer["error"].get("stacktrace", "")) == (
            function_id == "one::crash"
        )
        assert "result" not in answer


@asynchronous
async def test_an_invocation_of_nothing_is_answered() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        await link.send({"type": "invokefunction", "invocation_id": "1", "data": None})

        answer = await link.expect(type="invocationresult", invocation_id="1")
        assert answer["error"]["code"] == "function_not_found"


@pytest.mark.parametrize("kind", ["nan", "infinity", "object", "half", "recursive"])
@asynchronous
async def test_a_result_that_cannot_be_sent_becomes_an_error(kind: str) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        answer = await link.ask("one::odd", kind)

        assert answer["error"]["code"] == "invocation_failed"
        assert answer["error"]["message"].startswith("the result cannot be sent: ")
        assert (await link.ask("one::echo", "alive"))["result"] == "alive"


@asynchronous
async def test_a_result_beyond_the_limit_becomes_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        monkeypatch.setattr(wire, "MAX_MESSAGE", 1000)
        answer = await link.ask("one::echo", "ü" * 500)

        assert answer["error"]["code"] == "payload_too_large"
        assert "the engine takes 1000" in answer["error"]["message"]


@asynchronous
async def test_a_large_result_arrives_whole() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        text = "ü" * (5 * 1024 * 1024)

        assert (await link.ask("one::echo", text))["result"] == text


@pytest.mark.parametrize("absent", [{}, {"invocation_id": None}])
@pytest.mark.parametrize("function_id", ["one::echo", "one::fail", "one::none"])
@asynchronous
async def test_an_invocation_without_id_gets_no_answer(absent: Any, function_id: str) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        call = {"type": "invokefunction", "function_id": function_id, "data": 1, **absent}
        await link.send(call)

        assert await results(link) == []


@asynchronous
async def test_invocations_run_side_by_side() -> None:
    last = asyncio.Event()

    async def wait(data: Any, context: Context) -> Any:
        await last.wait()
        return data

    async def release(data: Any, context: Context) -> Any:
        last.set()

    async with engine() as there:
        async with serving(there.url, offer) as worker:
            worker.function("one::wait", wait)
            worker.function("one::release", release)
            link = await there.ready()
            ids = [await link.invoke("one::wait", [n]) for n in range(50)]
            answer = await link.ask("one::release")
            for invocation_id in ids:
                await link.expect(type="invocationresult", invocation_id=invocation_id)

        assert answer["result"] is None
        assert "result" in answer


@pytest.mark.parametrize(
    "noise",
    [
        "{",
        "",
        "[1, 2]",
        "null",
        '"text"',
        "42",
        b"\xff\xfe\x00",
        b"OTLP{}",
        "[" * 100_000,
        "{}",
        '{"type": null}',
        '{"type": ["invokefunction"]}',
        '{"type": "INVOKEFUNCTION", "invocation_id": "1", "function_id": "one::echo"}',
        '{"type": "future", "id": 1}',
        '{"type": "workerregistered"}',
        '{"type": "error", "error": {"code": "AUTH_ERROR", "message": "no"}}',
        '{"type": "error", "error": {"code": NaN, "message": "\\ud800"}}',
        '{"type": "invocationresult", "invocation_id": "unknown", "result": 1}',
        '{"type": "triggerregistrationresult", "id": "x", "error": "text"}',
        '{"type":"registrationrejected","code":"FUNCTION_NAMESPACE_CONFLICT","function_id":"a"}',
        '{"type": "registrationrejected", "code": "SOMETHING_NEW", "function_id": "one::fail"}',
    ],
)
@asynchronous
async def test_noise_leaves_no_trace(noise: str | bytes) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        before = len(link.messages)
        await link.send(noise)

        # Twice: a worker that is about to stop may still answer the first.
        assert (await link.ask("one::echo", 1))["result"] == 1
        assert (await link.ask("one::echo", 2))["result"] == 2
        assert len(link.messages) == before + 2
        assert len(there.links) == 1


@asynchronous
async def test_messages_may_be_binary_and_pings_json() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        await link.send(
            b'{"type":"invokefunction","invocation_id":"1","function_id":"one::echo","data":2}'
        )
        await link.send({"type": "ping"})

        assert (await link.expect(invocation_id="1"))["result"] == 2
        assert await link.expect(type="pong") == {"type": "pong"}


@asynchronous
async def test_an_answer_does_not_outlive_its_connection() -> None:
    began, finish = asyncio.Event(), asyncio.Event()

    async def slow(data: Any, context: Context) -> Any:
        began.set()
        await finish.wait()

    async with engine() as there, serving(there.url, offer) as worker:
        worker.function("one::slow", slow)
        link = await there.ready()
        await link.invoke("one::slow")
        await began.wait()
        await link.abort()
        link = await there.ready()
        finish.set()

        assert await results(link) == []


@asynchronous
async def test_work_in_flight_is_finished_and_new_work_refused_at_the_end() -> None:
    began, finish = asyncio.Event(), asyncio.Event()

    async def slow(data: Any, context: Context) -> Any:
        began.set()
        await finish.wait()
        return "finished"

    async with engine() as there, serving(there.url, offer) as worker:
        worker.function("one::slow", slow)
        link = await there.ready()
        running = await link.invoke("one::slow")
        await began.wait()
        stopping = asyncio.ensure_future(worker.stop())
        await asyncio.sleep(0)
        refused = await link.ask("one::echo", 1)
        finish.set()
        finished = await link.expect(type="invocationresult", invocation_id=running)
        await stopping
        await link.ended()

        assert refused["error"]["code"] == "invocation_stopped"
        assert finished["result"] == "finished"
        assert link.close_code == 1000
