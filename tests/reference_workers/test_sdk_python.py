"""The worker on the official SDK: it registers what the raw one registers, and does the same."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from reference_workers import echo
from tests.reference_workers.processes import code, started
from tests.reference_workers.promises import (
    ANSWERS,
    lets_functions_and_triggers_come_and_go,
    offered,
)
from tests.reference_workers.recording import DEADLINE, Link, asynchronous, engine, serving

needs_sdk = pytest.mark.skipif(find_spec("iii") is None, reason="the extra `sdk` is not installed")


@asynccontextmanager
async def connected(home: Path) -> AsyncIterator[Link]:
    """The worker's connection; the worker is stopped with a signal on exit."""
    async with (
        engine() as there,
        started(module="sdk_python", III_URL=there.url, HOME=str(home)) as process,
    ):
        link = await there.next()
        await link.expect(type="registertrigger", trigger_type="durable:subscriber")
        yield link
        process.terminate()
        assert await code(process) == 0
        assert link.close_code == 1000


@needs_sdk
@asynchronous
async def test_it_offers_what_the_raw_worker_offers(tmp_path: Path) -> None:
    async with engine() as there, serving(there.url, echo.offer):
        raw = offered(await there.ready())
    async with connected(tmp_path) as link:
        # The raw worker declares no features.
        assert offered(link) - {("registerfunction", "conformance::observe")} == raw


@needs_sdk
@pytest.mark.parametrize(
    ("name", "data", "result"),
    ANSWERS,
)
@asynchronous
async def test_functions_answer(tmp_path: Path, name: str, data: Any, result: Any) -> None:
    async with connected(tmp_path) as link:
        answer = await link.ask(f"conformance::{name}", data, metadata={"m": 1})

        assert answer["result"] == result


@needs_sdk
@asynchronous
async def test_what_fails_is_an_error(tmp_path: Path) -> None:
    async with connected(tmp_path) as link:
        for name in ("fail", "crash"):
            answer = await link.ask(f"conformance::{name}", {"message": "none"})
            assert answer["error"]["code"] == "invocation_failed"
            assert answer["error"]["message"]


@needs_sdk
@asynchronous
async def test_it_calls_others(tmp_path: Path) -> None:
    error = {"code": "no_tea", "message": "none"}
    async with connected(tmp_path) as link:

        async def relay(answer: dict[str, Any], **data: Any) -> tuple[dict[str, Any], Any]:
            asked = asyncio.ensure_future(
                link.ask("conformance::call", {"function_id": "two::b", **data})
            )
            call = await link.expect(type="invokefunction", function_id="two::b")
            if call.get("invocation_id"):
                known = {"type": "invocationresult", "invocation_id": call["invocation_id"]}
                await link.send(known | {"function_id": "two::b"} | answer)
            return call, (await asked)["result"]

        call, told = await relay({"result": 5}, data=1, metadata={"m": 1}, namespace="n")
        assert (call["data"], call["metadata"], call["namespace"]) == (1, {"m": 1}, "n")
        assert told == {"result": 5}
        assert (await relay({"error": error}))[1] == {"error": error}
        queued, _ = await relay({"result": 6}, action={"type": "enqueue", "queue": "q"})
        assert queued["action"] == {"type": "enqueue", "queue": "q"}
        assert (await relay({}, action="void"))[1] == {"result": None}


@needs_sdk
@asynchronous
async def test_functions_and_triggers_come_and_go(tmp_path: Path) -> None:
    async with connected(tmp_path) as link:
        await lets_functions_and_triggers_come_and_go(link)


@needs_sdk
@asynchronous
async def test_its_own_trigger_type_fires_in_the_namespace_of_the_trigger(tmp_path: Path) -> None:
    trigger = {"id": "t1", "trigger_type": echo.TICK, "function_id": "two::b", "config": {}}
    async with connected(tmp_path) as link:
        fields = {"namespace": "shop", "metadata": {"m": 1}}
        await link.send({"type": "registertrigger", **trigger, **fields})
        taken = await link.expect(type="triggerregistrationresult", id="t1")
        await link.ask("conformance::fire", {"id": "t1", "data": 5})
        fired = await link.expect(type="invokefunction", function_id="two::b")
        listed = await link.ask("conformance::bindings", {})

        assert not taken.get("error")
        assert (fired["data"], fired["namespace"], fired["metadata"]) == (5, "shop", {"m": 1})
        assert [kept["id"] for kept in listed["result"]["bindings"]] == ["t1"]


@asynchronous
async def test_without_the_sdk_it_tells_what_to_install(tmp_path: Path) -> None:
    absent = "raise ModuleNotFoundError('No module named iii', name='iii')"
    (tmp_path / "iii.py").write_text(absent)
    async with started(module="sdk_python", stderr=PIPE, PYTHONPATH=str(tmp_path)) as process:
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE)

        assert process.returncode == 2
        assert b"pip install 'iii-conformance[sdk]'" in errors
