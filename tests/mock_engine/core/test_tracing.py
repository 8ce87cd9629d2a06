"""Trace context of invocations and requests."""

from __future__ import annotations

import re

import pytest

from mock_engine.core.tracing import entries, ids, naming, new_span, well_formed

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def new_id() -> str:
    return "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "",
        "x",
        PARENT.upper(),
        PARENT[:-1],
        f"{PARENT}-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f" {PARENT}",
    ],
)
def test_a_malformed_traceparent_is_none(malformed: str | None) -> None:
    assert well_formed(malformed) is None
    assert ids(malformed) is None


def test_a_well_formed_traceparent_stays_as_it_is() -> None:
    assert well_formed(PARENT) == PARENT
    assert well_formed(f"01-{TRACE}-{SPAN}-01-more") is not None
    assert ids(PARENT) == (TRACE, SPAN)


def test_a_new_span_stays_in_its_trace() -> None:
    span = new_span(new_id, f"00-{TRACE}-{SPAN}-00")

    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-00", span)
    assert SPAN not in span


@pytest.mark.parametrize("malformed", [None, "x", f"00-{TRACE}"])
def test_a_trace_begins_where_there_is_none(malformed: str | None) -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", new_span(new_id, malformed))


def test_the_entries_of_a_baggage_are_decoded() -> None:
    found = entries("a=1, b%20c = x%2Cy;ttl=5,broken,=z,a=2")

    assert found == {"a": "2", "b c": "x,y"}
    assert entries(None) == {}


@pytest.mark.parametrize(
    ("traceparent", "baggage", "expected"),
    [
        (None, None, None),
        (PARENT, None, "iii.function.id=f"),
        (None, "k=v", "k=v,iii.function.id=f"),
        (None, "iii.function.id=forged,k=v", "k=v,iii.function.id=f"),
        (None, "k=v, iii.function.id =forged;p=1", "k=v,iii.function.id=f"),
        (None, "", "iii.function.id=f"),
    ],
)
def test_the_function_is_named_once(
    traceparent: str | None, baggage: str | None, expected: str | None
) -> None:
    assert naming("f", traceparent, baggage) == expected
