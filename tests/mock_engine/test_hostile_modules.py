"""Hostile messages to the functions of modules: each is answered, nothing crashes."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from mock_engine.config import Config, ListenAddress, ModuleConfig
from mock_engine.messages import is_given
from mock_engine.modules.catalogue import LOCATIONS
from mock_engine.server import Server
from tests.mock_engine.fortress import PATIENCE, invocation, is_alive
from tests.mock_engine.wire.test_connection import run

WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**64 - 1,
    "",
    "x" * 70_000,
    "\x00",
    "../../etc/passwd",
    "* * * * * *",
    [],
    [[]],
    [None, 1, "x", {}],
    {},
    {"": {}},
    {"a": {"b": {"c": [{"d": None}]}}},
)
DEEP = "[" * 100_000 + "]" * 100_000
NO_JSON = ("", "{", "\x00", DEEP, "[" * 120 + "]" * 120)

SILENT = ("engine::register_trigger",)
"""Functions that may answer after ten seconds: their answer waits for a provider."""


@asynccontextmanager
async def everything() -> AsyncIterator[Server]:
    """An engine with every module; an exception that it does not catch fails the test."""
    uncaught: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: uncaught.append(context))
    listening = {"port": 0, "host": "127.0.0.1"}
    options = {"iii-http": listening, "iii-stream": listening}
    modules = tuple(ModuleConfig(name, options.get(name, {}), 1) for name in LOCATIONS)
    server = await Server.start(Config(addresses=(ListenAddress(port=0),), modules=modules))
    try:
        yield server
    finally:
        await server.stop()
    assert uncaught == []


def url(server: Server, path: str = "/") -> str:
    return f"ws://127.0.0.1:{server.listeners[0].port}{path}"


async def answered(peer: ClientConnection, asked: list[str]) -> int:
    """Send invocations and count their answers."""
    for text in asked:
        await peer.send(text)
    count = 0
    while count < len(asked):
        told = json.loads(await asyncio.wait_for(peer.recv(), PATIENCE))
        count += told["type"] == "invocationresult"
    return count


def variants(schema: Any) -> list[Any]:
    """Data of every wrong shape, and objects with the fields of a schema, one wrong at a time."""
    fields = list((schema or {}).get("properties", {})) if isinstance(schema, dict) else []
    good = dict.fromkeys(fields, "x")
    return [*WRONG, good, *(good | {name: wrong} for name in fields for wrong in WRONG)]


@run
async def test_every_function_answers_whatever_it_is_given() -> None:
    async with everything() as server, connect(url(server), max_size=None, max_queue=None) as peer:
        await peer.recv()
        numbers = itertools.count(1)
        for function in list(server.engine.core.functions):
            if function.spec.id in SILENT:
                continue
            schema = function.spec.request_format
            asked = [
                invocation(function.spec.id, data, next(numbers))
                for data in variants(json.loads(bytes(schema)) if is_given(schema) else {})
            ]
            assert await answered(peer, asked) == len(asked)
        assert await is_alive(peer)


@run
async def test_every_trigger_type_takes_or_refuses_whatever_it_is_given() -> None:
    async with everything() as server, connect(url(server), max_size=None, max_queue=None) as peer:
        await peer.send(json.dumps({"type": "registerfunction", "id": "hostile::f"}))
        await answered(peer, [invocation("engine::workers::register", {}, 1)])
        numbers = itertools.count(1)
        for kind in list(server.engine.core.triggers.types.values()):
            schema = kind.spec.trigger_request_format
            for config in variants(json.loads(bytes(schema)) if is_given(schema) else {}):
                trigger = {"type": "registertrigger", "id": f"t{next(numbers)}", "config": config}
                bound = {"trigger_type": kind.spec.id, "function_id": "hostile::f"}
                await peer.send(json.dumps(trigger | bound))
        await peer.send(invocation("engine::health::check", {}, 2))
        assert await is_alive(peer)


@pytest.mark.parametrize("prefix", ["OTLP", "MTRC", "LOGS"])
def test_telemetry_of_any_shape_is_taken_or_dropped(prefix: str) -> None:
    outer = {
        "OTLP": ("resourceSpans", "scopeSpans", "spans"),
        "MTRC": ("resourceMetrics", "scopeMetrics", "metrics"),
        "LOGS": ("resourceLogs", "scopeLogs", "logRecords"),
    }[prefix]

    def nested(value: Any, depth: int) -> Any:
        for name in reversed(outer[:depth]):
            value = {name: [value]}
        return value

    bodies = [json.dumps(nested(value, depth)) for depth in range(4) for value in WRONG]
    bodies += [json.dumps({outer[0]: value}) for value in WRONG]
    fields = ("status", "attributes", "startTimeUnixNano", "body", "gauge", "severityText", "name")
    bodies += [json.dumps(nested({name: wrong}, 3)) for name in fields for wrong in WRONG]
    kinds = ("intValue", "arrayValue", "kvlistValue")
    values = [{kind: wrong} for kind in kinds for wrong in (*WRONG, {"values": 1})]
    pairs = [[{"key": "k", "value": value}] for value in values]
    bodies += [
        json.dumps(nested({"attributes": pair, "body": pair[0]["value"]}, 3)) for pair in pairs
    ]

    @run
    async def test() -> None:
        async with everything() as server, connect(url(server, "/otel")) as peer:
            for body in (*bodies, *NO_JSON):
                await peer.send((prefix + body).encode())
            await peer.send(prefix.encode() + b"\xff\xfe")
            assert await is_alive(peer)
            async with connect(url(server)) as asking:
                await asking.recv()
                for number, name in enumerate(("traces::list", "metrics::list", "logs::list")):
                    await answered(asking, [invocation(f"engine::{name}", {}, number)])

    test()


@run
async def test_viewers_of_streams_may_say_anything() -> None:
    texts = [json.dumps(value) for value in WRONG]
    for kind, field in itertools.product(("join", "leave"), ("subscriptionId", "streamName", "id")):
        data = {"subscriptionId": "s", "streamName": "s", "groupId": "g", "id": "i"}
        texts += [json.dumps({"type": kind, "data": data | {field: wrong}}) for wrong in WRONG]
    async with everything() as server:
        place = server.module_urls["iii-stream"].replace("http://", "ws://")
        async with connect(place, max_size=None, max_queue=None) as peer:
            for text in (*texts, *NO_JSON):
                await peer.send(text)
            await peer.send(b"\xff\xfe")
            assert await is_alive(peer)


@run
async def test_whatever_a_handler_answers_becomes_an_answer() -> None:
    results = [*WRONG]
    for name in ("status_code", "headers", "body"):
        results += [{name: wrong} for wrong in WRONG]
    results += [
        {"headers": {"x": value}} for value in ("a\r\nb: c", "\x00", "é", "€", " ", 1, None)
    ]
    results += [{"headers": {name: "x"}} for name in ("", "a b", "a\r\n", "é", "content-length")]
    results += [{"status_code": code} for code in (100, 101, 199, 204, 304, 999, 1000)]
    results += [{"headers": {"content-type": "text/plain"}, "body": wrong} for wrong in WRONG]

    async with everything() as server, connect(url(server), max_size=None) as worker:
        config = {"api_path": "any", "http_method": "POST"}
        trigger = {"type": "registertrigger", "id": "t", "trigger_type": "http", "config": config}
        await worker.send(json.dumps({"type": "registerfunction", "id": "hostile::f"}))
        await worker.send(json.dumps(trigger | {"function_id": "hostile::f"}))
        await answered(worker, [invocation("engine::workers::register", {}, 1)])

        async def serve() -> None:
            async for text in worker:
                asked = json.loads(text)
                said = {"type": "invocationresult", "result": asked["data"]["body"]}
                same = {name: asked[name] for name in ("invocation_id", "function_id")}
                await worker.send(json.dumps(said | same))

        serving = asyncio.ensure_future(serve())
        async with httpx.AsyncClient(base_url=server.module_urls["iii-http"]) as client:
            for result in results:
                if result is not None:  # without an answer the request waits until its timeout
                    reply = await client.post("/any", json=result, timeout=PATIENCE)
                    assert 200 <= reply.status_code <= 999
        serving.cancel()
