"""The answer that an HTTP client gets for a handler's result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_engine.modules.http_answer import answer, headers, interjection

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        ({"status_code": 404, "body": {"e": 1}}, 404, {"e": 1}),
        ({"body": "text"}, 200, "text"),
        ({"body": None}, 200, None),
        ({"status_code": "404"}, 200, {}),
        ({"status_code": 99}, 200, {}),
        ({"status_code": True}, 200, {}),
        ({"status_code": 1000}, 200, {}),
        ({"status_code": 404.0}, 200, {}),
        ({"status_code": -404}, 200, {}),
        ({"status_code": (1 << 16) + 404}, 404, {}),
        ("text", 200, {}),
        ([1], 200, {}),
    ],
)
def test_the_status_and_body_of_a_result(result: Any, status: int, body: Any) -> None:
    told = answer(result)

    assert told.status == status
    assert isinstance(told.body, bytes)
    assert json.loads(told.body) == body
    assert ("content-type", "application/json") in told.headers


@pytest.mark.parametrize(
    ("body", "sent"),
    [("plain", b"plain"), (None, b""), ({"b": 1, "a": 2}, b'{"a":2,"b":1}'), (5, b"5")],
)
def test_a_body_of_a_named_type_is_sent_as_it_is(body: Any, sent: bytes) -> None:
    told = answer({"headers": {"Content-Type": "text/plain"}, "body": body})

    assert told.body == sent
    assert told.headers == (("content-type", "text/plain"),)


@pytest.mark.parametrize(
    ("given_headers", "kept"),
    [
        ({"X-A": "1", "x-b": "two"}, (("x-a", "1"), ("x-b", "two"))),
        (["X-A: 1", "X-A: 2", "broken", ": empty"], (("x-a", "1"), ("x-a", "2"))),
        ({"X-A": 5, "X-B": None}, ()),
        ({"bad name": "x", "X-A": "line\nbreak", "X-B": "ok"}, (("x-b", "ok"),)),
        ({"Content-Length": "7", "Transfer-Encoding": "chunked"}, ()),
        ("X-A: 1", ()),
        (
            {"X-A": " padded\t", "X-B": "ü€"},
            (("x-a", "padded"), ("x-b", "ü€".encode().decode("l1"))),
        ),
    ],
)
def test_headers_that_cannot_be_sent_are_left_out(given_headers: Any, kept: Any) -> None:
    assert headers(given_headers) == kept


@pytest.mark.parametrize(
    ("kind", "body", "sent", "kinds"),
    [
        ("bad\nvalue", "text", b"text", []),
        ("application/json;\x7f", {"a": 1}, b'{"a":1}', ["application/json"]),
        ("text/\x7f", {"a": 1}, b'{"a":1}', []),
    ],
)
def test_a_type_that_cannot_be_sent_decides_on_the_body_all_the_same(
    kind: str, body: Any, sent: bytes, kinds: list[str]
) -> None:
    told = answer({"headers": {"content-type": kind}, "body": body})

    assert told.body == sent
    assert [text for name, text in told.headers if name == "content-type"] == kinds


@pytest.mark.parametrize(
    ("response", "status", "sent", "told_headers"),
    [
        ({"status_code": 401, "body": {"e": 1}}, 401, b'{"e":1}', ["application/json"]),
        ({"headers": {"Content-Type": "text/plain"}, "body": "x"}, 200, b'"x"', ["text/plain"]),
        ({"headers": {"X-A": 5, "Content-Type": "a/b"}}, 200, b"null", ["application/json"]),
        ({"headers": ["Content-Type: a/b"]}, 200, b"null", ["application/json"]),
        ("text", 200, b"null", ["application/json"]),
    ],
)
def test_the_body_of_a_middleware_is_json_whatever_type_it_names(
    response: Any, status: int, sent: bytes, told_headers: list[str]
) -> None:
    told = interjection(response)

    assert (told.status, told.body) == (status, sent)
    assert [text for _, text in told.headers] == told_headers


@given(JSON)
def test_any_result_is_some_answer(result: Any) -> None:
    told = answer(result)

    assert 100 <= told.status <= 999
    assert isinstance(told.body, bytes)
