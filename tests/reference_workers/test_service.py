"""Declared formats, state and records: the parts of every service."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from reference_workers.client import Context, FunctionError, Worker
from reference_workers.service import (
    Function,
    Records,
    State,
    Streams,
    array,
    choice,
    form,
    scope_of,
    text,
)
from reference_workers.service.formats import CALLER, LONGEST_REASON, checked

NOBODY = cast("Context", None)
FORMAT = form("name", name=text(5), kind=choice("a", "b"), more=array({"type": "integer"}, 2))


class Answering:
    """A worker whose calls are answered from a table."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    async def call(self, function_id: str, data: Any, **fields: Any) -> Any:
        assert fields["namespace"] == "default"
        self.asked.append((function_id, data))
        return self.answers[function_id.partition("::")[2]]


async def whole(data: Any) -> Any:
    """Give the data back."""
    return data


def handled(data: Any, request: Any = FORMAT) -> Any:
    async def handle() -> Any:
        return await checked(Function(whole, request, {}))(data, NOBODY)

    return asyncio.run(handle())


def test_data_of_the_format_reach_the_handler_without_what_the_engine_added() -> None:
    assert handled({"name": "tea", CALLER: "w-1", "free": 1}) == {"name": "tea", "free": 1}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (None, "$: None is not of type 'object'"),
        ({}, "$: 'name' is a required property"),
        ({"name": ""}, "$.name"),
        ({"name": "long ago"}, "$.name"),
        ({"name": "tea", "kind": "c"}, "$.kind"),
        ({"name": "tea", "more": [1, "2"]}, "$.more[1]"),
        ({"name": "tea", "more": [1, 2, 3]}, "$.more"),
    ],
)
def test_other_data_are_refused_with_the_place(data: Any, place: str) -> None:
    with pytest.raises(FunctionError) as refused:
        handled(data)

    assert refused.value.code == "invalid_request"
    assert place in refused.value.message


def test_a_refusal_is_short_whatever_came() -> None:
    with pytest.raises(FunctionError) as refused:
        handled({"name": "x" * 100_000})

    assert refused.value.message == "$.name: expected maxLength 5"
    with pytest.raises(FunctionError) as refused:
        handled("x" * 100_000, {"enum": ["y" * 1000]})
    assert len(refused.value.message) < LONGEST_REASON + 10


def test_null_is_no_value() -> None:
    worker = Answering(get=None, list=None, list_groups=None)
    state = State(cast("Worker", worker))

    assert asyncio.run(state.get("s", "k")) is None
    assert asyncio.run(state.values("s")) == []
    assert asyncio.run(state.scopes()) == []
    assert worker.asked[0] == ("state::get", {"scope": "s", "key": "k"})


@pytest.mark.parametrize(
    "answer", [None, [], {"errors": [{"op_index": 0, "message": "no"}]}, {"errors": "no"}]
)
def test_an_update_that_does_not_apply_is_an_error(answer: Any) -> None:
    state = State(cast("Worker", Answering(update=answer)))

    with pytest.raises(FunctionError) as refused:
        asyncio.run(state.update("s", "k", {"type": "remove", "path": "a"}))

    assert refused.value.code == "update_refused"


def test_an_item_of_a_stream_is_named_with_its_stream() -> None:
    worker = Answering(get={"a": 1}, list_groups=["g", 1])
    stream = Streams(cast("Worker", worker), "turns")

    assert asyncio.run(stream.get("g", "i")) == {"a": 1}
    assert asyncio.run(stream.groups()) == ["g"]
    asked = {"stream_name": "turns", "group_id": "g", "item_id": "i"}
    assert worker.asked[0] == ("stream::get", asked)


def test_records_pass_over_what_is_none() -> None:
    found = [{"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": 3, "n": 1}, {"id": "c"}, 5, None]
    worker = Answering(list=found, get=5)
    records = Records(cast("Worker", worker), "things", {"n": int})

    assert [each["id"] for each in asyncio.run(records.all("acme"))] == ["a", "b"]
    assert asyncio.run(records.find("acme", "x")) is None
    assert worker.asked[0] == ("state::list", {"scope": scope_of("acme", "things")})
    with pytest.raises(FunctionError) as refused:
        asyncio.run(records.get("acme", "x"))
    assert refused.value.code == "not_found"
