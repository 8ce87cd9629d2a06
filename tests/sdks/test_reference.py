"""The reference workers on the SDKs for Node and Rust do what the raw worker does."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from reference_workers import echo
from tests.reference_workers.promises import (
    ANSWERS,
    lets_functions_and_triggers_come_and_go,
    offered,
)
from tests.reference_workers.recording import DEADLINE, Link, asynchronous, engine, serving
from tests.sdks.build import BUILDS
from tests.sdks.toolchains import built

NAMES = ("node-0.22.1", "rust-0.25.0")
NEWER = {("registerfunction", "conformance::observe")}
"""What the raw worker, which declares no features, does not register."""


@pytest.fixture(params=NAMES)
def command(request: pytest.FixtureRequest) -> list[str]:
    folder = built(BUILDS[request.param]).folder
    if request.param.startswith("node"):
        return ["node", str(folder / "dist" / "worker.js")]
    return [str(folder / "conformance-worker")]


@asynccontextmanager
async def connected(command: list[str], home: Path) -> AsyncIterator[Link]:
    """The worker's connection; a signal stops the worker on exit."""
    async with engine() as there:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("III_")}
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            env={**inherited, "III_URL": there.url, "HOME": str(home)},
        )
        try:
            link = await there.next()
            await link.announced()
            yield link
            process.terminate()
            assert await asyncio.wait_for(process.wait(), DEADLINE) == 0
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@asynchronous
async def test_it_offers_what_the_raw_worker_offers(command: list[str], tmp_path: Path) -> None:
    async with engine() as there, serving(there.url, echo.offer):
        raw = offered(await there.ready())
    async with connected(command, tmp_path) as link:
        functions = [m for m in link.messages if m["type"] == "registerfunction"]

        assert offered(link) - NEWER == raw
        assert all(m["description"] for m in functions)
        assert all("request_format" in m and "response_format" in m for m in functions)


@asynchronous
async def test_functions_answer(command: list[str], tmp_path: Path) -> None:
    async with connected(command, tmp_path) as link:
        for name, data, result in ANSWERS:
            answer = await link.ask(f"conformance::{name}", data, metadata={"m": 1})
            assert answer["result"] == result, name
        request = await link.ask("conformance::http_echo", {"body": {"a": 1}})

        assert request["result"]["status_code"] == 200
        assert request["result"]["body"] == {"echo": {"a": 1}}


@asynchronous
async def test_what_fails_is_an_error(command: list[str], tmp_path: Path) -> None:
    async with connected(command, tmp_path) as link:
        for name in ("fail", "crash", "unserialisable"):
            answer = await link.ask(f"conformance::{name}", {"code": "tea", "message": "none"})
            assert answer["error"]["code"]
            assert answer["error"]["message"]


@asynchronous
async def test_it_calls_others(command: list[str], tmp_path: Path) -> None:
    async with connected(command, tmp_path) as link:

        async def relay(answer: dict[str, Any], **data: Any) -> tuple[dict[str, Any], Any]:
            asked = await link.invoke("conformance::call", {"function_id": "two::b", **data})
            call = await link.expect(type="invokefunction", function_id="two::b")
            if "invocation_id" in call:
                named = {"invocation_id": call["invocation_id"], "function_id": "two::b"}
                await link.send({"type": "invocationresult", **named, **answer})
            told = await link.expect(type="invocationresult", invocation_id=asked)
            return call, told["result"]

        call, told = await relay({"result": 5}, data=1, metadata={"m": 1})
        assert (call["data"], call["metadata"]) == (1, {"m": 1})
        assert told == {"result": 5}
        error = {"code": "no_tea", "message": "none"}
        failed = (await relay({"error": error}))[1]["error"]
        assert failed["code"] == "no_tea"
        assert failed["message"].endswith("none")  # the Node SDK puts the code in front
        call, told = await relay({}, action="void")
        assert "invocation_id" not in call
        assert told == {"result": None}
        unanswered = {"function_id": "three::c", "timeout_ms": 50}
        late = await link.ask("conformance::call", unanswered)
        assert late["result"]["error"]["code"] == "TIMEOUT"


@asynchronous
async def test_functions_and_triggers_come_and_go(command: list[str], tmp_path: Path) -> None:
    async with connected(command, tmp_path) as link:
        await lets_functions_and_triggers_come_and_go(link)


@asynchronous
async def test_its_own_trigger_type_fires(command: list[str], tmp_path: Path) -> None:
    trigger = {"id": "t1", "trigger_type": echo.TICK, "function_id": "two::b", "config": {}}
    async with connected(command, tmp_path) as link:
        await link.send({"type": "registertrigger", **trigger, "metadata": {"m": 1}})
        taken = await link.expect(type="triggerregistrationresult", id="t1")
        await link.ask("conformance::fire", {"id": "t1", "data": 5})
        fired = await link.expect(type="invokefunction", function_id="two::b")
        listed = await link.ask("conformance::bindings", {})
        await link.send(
            {"type": "registertrigger", **trigger, "id": "t2", "config": {"reject": True}}
        )
        refused = await link.expect(type="triggerregistrationresult", id="t2")

        assert not taken.get("error")
        assert (fired["data"], fired["metadata"]) == (5, {"m": 1})
        assert [kept["id"] for kept in listed["result"]["bindings"]] == ["t1"]
        assert "asks to be rejected" in refused["error"]["message"]
