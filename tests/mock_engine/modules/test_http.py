"""HTTP routes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mock_engine.testing import FunctionFailed, LocalEngine
from tests.mock_engine.modules.local import (
    ANNOUNCEMENT,
    bind,
    call_of,
    with_module,
)


def test_http_options_that_only_the_documentation_knows() -> None:
    options: dict[str, Any] = {
        "not_found_function": "http::none",
        "request_id_header": "x-request-id",
        "ignore_trailing_slash": True,
    }

    def missing(request: Mapping[str, Any]) -> Any:
        body = {"path": request["path"], "id": request["headers"]["x-request-id"]}
        return {"status_code": 404, "body": body}

    with with_module("iii-http", **options) as engine:
        engine.serve("http::none", missing)
        engine.serve("a::b", lambda request: {"status_code": 200, "body": request["path_params"]})
        bind(engine, "http", "a::b", {"api_path": "users/:id"})
        found = httpx.get(f"{engine.http_url}/users/5/")
        lost = httpx.get(f"{engine.http_url}/none", headers={"x-request-id": "r1"})

    assert found.json() == {"id": "5"}
    assert found.headers["x-request-id"]
    assert lost.status_code == 404
    assert lost.json() == {"path": "/none", "id": "r1"}
    assert lost.headers["x-request-id"] == "r1"


@pytest.mark.parametrize(("method", "status"), [(5, 200), ("TRACE", 404)])
def test_an_odd_method_is_get_and_an_unserved_one_is_never_reached(
    engine: LocalEngine, method: Any, status: int
) -> None:
    engine.serve("a::b", lambda request: {"status_code": 200})
    bind(engine, "http", "a::b", {"api_path": "x", "http_method": method})

    assert httpx.get(f"{engine.http_url}/x").status_code == status


def test_an_answer_that_is_not_final_is_a_failure_without_a_body(engine: LocalEngine) -> None:
    engine.serve("a::b", lambda request: {"status_code": 103, "body": "x"})
    bind(engine, "http", "a::b", {"api_path": "x"})

    told = httpx.get(f"{engine.http_url}/x")

    assert (told.status_code, told.content, "vary" in told.headers) == (500, b"", False)


@pytest.mark.parametrize("sent", ["[" * 128 + "]" * 128, '{"a": 1e999}'])
def test_a_body_that_the_engine_cannot_read_is_null(engine: LocalEngine, sent: str) -> None:
    seen: list[Any] = []

    def take(request: Any) -> Any:
        seen.append(request["body"])
        return {}

    engine.serve("a::b", take)
    bind(engine, "http", "a::b", {"api_path": "x", "http_method": "POST"})
    kind = {"content-type": "application/json"}

    httpx.post(f"{engine.http_url}/x", content=sent, headers=kind)
    httpx.post(f"{engine.http_url}/x", content=f"{1 << 64}", headers=kind)

    assert seen == [None, float(1 << 64)]


def test_a_failed_handler_is_told_in_the_order_of_the_real_engine(engine: LocalEngine) -> None:
    def fail(request: Any) -> Any:
        raise FunctionFailed("BAD", "no")

    engine.serve("a::b", fail)
    bind(engine, "http", "a::b", {"api_path": "x"})

    answer = httpx.get(f"{engine.http_url}/x")

    assert answer.status_code == 500
    text = r'{"error":{"code":"BAD","error_id":"[0-9a-f]{12}","message":"no"}}'
    assert re.fullmatch(text, answer.text), answer.text


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-length": "3", "content-type": "text/plain"}, "abc"),
        ({"Content-Length": "0", "content-type": "text/plain"}, ""),
        ({"content-length": "99", "content-type": "text/plain"}, "abcdef"),
        ({"content-length": "x", "content-type": "text/plain"}, "abcdef"),
        ({"content-length": "4"}, '"abc'),
    ],
)
def test_a_body_is_cut_at_its_content_length(
    engine: LocalEngine, headers: dict[str, str], body: str
) -> None:
    engine.serve("a::b", lambda request: {"headers": headers, "body": "abcdef"})
    bind(engine, "http", "a::b", {"api_path": "x"})

    assert httpx.get(f"{engine.http_url}/x").text == body


def test_a_writer_that_comes_after_the_answer_has_no_reader(engine: LocalEngine) -> None:
    seen: list[Any] = []

    def note(request: Any) -> Any:
        seen.append(request["response"])
        return {"body": "out"}

    engine.serve("a::b", note)
    bind(engine, "http", "a::b", {"api_path": "x"})
    assert httpx.get(f"{engine.http_url}/x").text == '"out"'

    end = seen[0]
    query = f"key={end['access_key']}&dir={end['direction']}"
    address = f"{engine.url.rstrip('/')}/ws/channels/{end['channel_id']}?{query}"
    with connect(address) as writer:
        for _ in range(3):
            writer.send(b"late")
        with pytest.raises(ConnectionClosed):
            writer.recv(10)


def test_a_request_continues_its_trace_and_another_one_shares_none(engine: LocalEngine) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    given = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "baggage": "k=v"}
    calls: list[Any] = []
    with connect(engine.url) as worker:
        worker.recv(10)
        worker.send(ANNOUNCEMENT)
        worker.send(json.dumps({"type": "registerfunction", "id": "w::f"}))
        engine.wait_for("w::f")
        bind(engine, "http", "w::f", {"api_path": "x"})
        for headers in (given, {}, {}, {"traceparent": "00-nonsense"}):
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(httpx.get, f"{engine.http_url}/x", headers=headers)
                calls.append(call_of(worker))
                ids = {name: calls[-1][name] for name in ("invocation_id", "function_id")}
                worker.send(json.dumps({"type": "invocationresult", "result": {}, **ids}))
                assert answer.result().status_code == 200

    traces = [call["traceparent"].split("-") for call in calls]
    assert (traces[0][1], calls[0]["baggage"]) == (trace, "k=v")
    assert traces[0][2] != "b7ad6b7169203331"
    assert len({each[1] for each in traces}) == 4
    assert "baggage" not in calls[1]


def test_no_path_and_a_slash_are_one_route(engine: LocalEngine) -> None:
    for number, path in enumerate(("", "/")):
        engine.serve(f"a::{number}", _answering(number))
        bind(engine, "http", f"a::{number}", {"api_path": path})

        assert httpx.get(engine.http_url).json() == number
        assert httpx.get(f"{engine.http_url}/").json() == number


def _answering(number: int) -> Callable[[Any], Any]:
    return lambda request: {"body": number}
