"""HTTP routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from mock_engine.testing import LocalEngine
from tests.mock_engine.modules.local import (
    bind,
    with_module,
)


def test_http_options_that_only_the_documentation_knows() -> None:
    options = {
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
