"""The well-known functions of the echo worker, over a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reference_workers.echo import TICK, offer
from tests.reference_workers.recording import asynchronous, engine, serving


@asynchronous
async def test_every_function_has_formats_and_every_trigger_a_function() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        functions = {m["id"]: m for m in link.messages if m["type"] == "registerfunction"}
        triggers = {m["trigger_type"]: m for m in link.messages if m["type"] == "registertrigger"}

        assert len(functions) == 19
        for function in functions.values():
            for name in ("request_format", "response_format"):
                Draft202012Validator.check_schema(function[name])
            assert function["description"]
        assert {m["function_id"] for m in triggers.values()} <= functions.keys()
        assert triggers["http"]["config"] == {
            "api_path": "/conformance/echo",
            "http_method": "POST",
        }
        assert triggers["durable:subscriber"]["config"] == {"topic": "conformance.inbox"}


@pytest.mark.parametrize(
    ("name", "data", "result"),
    [
        ("echo", {"a": [None, 1.5]}, {"a": [None, 1.5]}),
        ("sleep", {"ms": 0}, {"slept_ms": 0}),
        ("null", {}, None),
        ("large", {"bytes": 5}, {"data": "xxxxx"}),
        ("inbox", [1], {"received": [1]}),
        (
            "http_echo",
            {"method": "POST", "body": {"a": 1}},
            {
                "status_code": 200,
                "headers": {"content-type": "application/json"},
                "body": {"echo": {"a": 1}},
            },
        ),
    ],
)
@asynchronous
async def test_functions_answer(name: str, data: Any, result: Any) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        answer = await link.ask(f"conformance::{name}", data)

        assert answer["result"] == result


@pytest.mark.parametrize(
    ("name", "data", "code", "message"),
    [
        ("fail", {"code": "no_tea", "message": "none"}, "no_tea", "none"),
        ("fail", {}, "invocation_failed", "asked to fail"),
        ("fail", {"code": 5, "message": "\ud800"}, "5", r"\ud800"),
        ("crash", {}, "invocation_failed", "this handler has a mistake in it"),
        ("fire", {"id": "x"}, "not_found", "no trigger has the id 'x'"),
        ("sleep", {"ms": 60_001}, "invalid_request", "ms is 60001; give a number from 0 to 60000"),
    ],
)
@asynchronous
async def test_functions_fail(name: str, data: Any, code: str, message: str) -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        error = (await link.ask(f"conformance::{name}", data))["error"]

        assert (error["code"], error["message"]) == (code, message)


@asynchronous
async def test_call_passes_on_result_error_and_action() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()

        async def relay(answer: dict[str, Any], **data: Any) -> tuple[Any, Any]:
            asked = asyncio.ensure_future(
                link.ask("conformance::call", {"function_id": "two::b", **data})
            )
            call = await link.expect(type="invokefunction", function_id="two::b")
            if call.get("invocation_id"):
                known = {"type": "invocationresult", "invocation_id": call["invocation_id"]}
                await link.send(known | answer)
            return call, (await asked)["result"]

        error = {"code": "no_tea", "message": "none"}
        enqueue = {"type": "enqueue", "queue": "q"}
        call, told = await relay({"result": 5}, data=1, metadata={"m": 1}, namespace="n")
        assert (call["data"], call["metadata"], call["namespace"]) == (1, {"m": 1}, "n")
        assert told == {"result": 5}
        assert (await relay({"error": error}, timeout_ms=None))[1] == {"error": error}
        assert (await relay({"result": 6}, action=enqueue))[0]["action"] == enqueue
        assert (await relay({}, action="void"))[1] == {"result": None}
        timeout = await link.ask("conformance::call", {"function_id": "two::c", "timeout_ms": 1})
        assert timeout["result"]["error"]["code"] == "TIMEOUT"


@asynchronous
async def test_functions_and_triggers_come_and_go() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        await link.ask("conformance::register", {"id": "x"})
        await link.expect(type="registerfunction", id="conformance::extra::x")
        assert (await link.ask("conformance::extra::x", 5))["result"] == 5
        again = await link.ask("conformance::register", {"id": "x"})
        assert "registered already" in again["error"]["message"]
        bound = await link.ask("conformance::bind", {"type": "cron", "config": {"expression": "x"}})
        trigger_id = bound["result"]["id"]
        await link.expect(type="registertrigger", id=trigger_id, trigger_type="cron")
        await link.ask("conformance::unbind", {"id": trigger_id})
        await link.expect(type="unregistertrigger", id=trigger_id)
        await link.ask("conformance::unregister", {"id": "x"})
        await link.expect(type="unregisterfunction", id="conformance::extra::x")

        gone = await link.ask("conformance::extra::x", 5)
        assert gone["error"]["code"] == "function_not_found"


@asynchronous
async def test_its_own_trigger_type_fires_in_the_namespace_of_the_trigger() -> None:
    trigger = {"id": "t1", "trigger_type": TICK, "function_id": "two::b", "config": {}}
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()
        fields = {"namespace": "shop", "metadata": {"m": 1}}
        for _ in range(2):
            await link.send({"type": "registertrigger", **trigger, **fields})
            await link.expect(type="triggerregistrationresult", id="t1")
        listed = (await link.ask("conformance::bindings"))["result"]["bindings"]
        await link.ask("conformance::fire", {"id": "t1", "data": 5})
        fired = await link.expect(type="invokefunction", function_id="two::b")
        await link.send({"type": "unregistertrigger", "id": "t1", "trigger_type": TICK})
        refused = {"type": "registertrigger", **trigger, "id": "t2", "config": {"reject": True}}
        await link.send(refused)
        result = await link.expect(type="triggerregistrationresult", id="t2")

        assert [m["id"] for m in listed] == ["t1"]
        assert (fired["data"], fired["namespace"], fired["metadata"]) == (5, "shop", {"m": 1})
        assert result["error"]["code"] == "trigger_registration_failed"
        assert (await link.ask("conformance::bindings"))["result"] == {"bindings": []}
