"""Functions whose answers are the same in two worlds are reported."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.trials.learning.comparing import addressed
from conformance.trials.learning.knowledge import Depth, Learned
from conformance.trials.learning.worlds import (
    Outcome,
    of_a_parameter,
    of_a_request,
    of_a_store,
    of_a_value,
    of_what_is_absent,
    plainest,
    variants,
)

READ = (("state::get", {"scope": "s", "key": "a"}),)
THERE = Outcome({"id": "a"}, {"order": 7}, READ, found=True)
ROUTE = {"api_path": "/orders/:id/{line}", "http_method": "PUT"}
TAKEN = {"path_params": {"id": "a", "line": "1"}, "query_params": {}, "body": {"n": 1, "t": "x"}}


@pytest.mark.parametrize(
    ("absent", "there", "asked"),
    [
        (Outcome({}, {"order": 7}, READ), THERE, True),
        (Outcome({}, {"order": None}, READ), THERE, False),
        (Outcome({}, {"order": 7}, (*READ, ("state::set", {}))), THERE, False),
        (Outcome({}, {"order": 7}, READ), Outcome({}, {"order": 7}, READ), False),
    ],
)
def test_a_value_that_makes_no_difference_is_asked_about(
    absent: Outcome, there: Outcome, asked: bool
) -> None:
    assert (of_a_value("shop::get", "state::get", absent, there) is not None) is asked


@pytest.mark.parametrize(
    ("absent", "there", "asked"),
    [
        (Outcome({}, None, READ, exception="TypeError"), THERE, True),
        (Outcome({}, None, READ, failed=True), THERE, False),
        (Outcome({}, None, READ, exception="TypeError"), Outcome({}, 7, READ), False),
        (
            Outcome({}, None, READ, exception="TypeError"),
            Outcome({}, 7, READ, found=True, exception="KeyError"),
            False,
        ),
    ],
)
def test_a_mistake_where_a_value_is_absent_is_asked_about(
    absent: Outcome, there: Outcome, asked: bool
) -> None:
    assert (of_what_is_absent("shop::get", "state::get", absent, there) is not None) is asked


def test_a_function_is_asked_for_what_was_stored_where_it_looks() -> None:
    stored = [{"scope": "s", "key": key, "value": 1} for key in ("b", "c")]
    stored.append({"scope": "others", "key": "d"})

    assert addressed({"id": "a", "n": 1}, READ, stored) == [
        {"id": "c", "n": 1},
        {"id": "b", "n": 1},
    ]


def test_requests_differ_in_one_part_each() -> None:
    found = variants(TAKEN, ROUTE)

    assert set(found) == {"path parameter id", "path parameter line", "body"}
    assert found["path parameter id"]["path_params"] == {"id": "a-other", "line": "1"}
    assert found["body"]["body"] == {"n": 2, "t": "x-other"}
    assert variants({"id": "a"}, ROUTE) == variants(TAKEN, None) == {}
    assert "body" not in variants(TAKEN, {**ROUTE, "http_method": "GET"})


def test_a_request_is_compared_without_what_its_route_does_not_give() -> None:
    """A handler may read a field from the query that is not in the body."""
    filled = {**TAKEN, "query_params": {"n": "1"}, "path_params": {"id": "a", "n": "1"}}

    assert plainest(filled, ROUTE) == {**TAKEN, "path_params": {"id": "a"}}
    assert plainest({"id": "a"}, ROUTE) is None


@pytest.mark.parametrize(
    ("part", "calls", "asked"),
    [("body", READ, True), ("body", (), False), ("path parameter id", (), True)],
)
def test_a_part_of_a_request_that_makes_no_difference_is_asked_about(
    part: str, calls: Any, asked: bool
) -> None:
    one, other = Outcome(1, {"ok": True}, calls), Outcome(2, {"ok": True}, calls)

    assert (of_a_request("shop::put", part, one, other) is not None) is asked
    assert of_a_request("shop::put", part, one, Outcome(2, {"ok": False}, calls)) is None


def test_a_store_that_calls_nothing_is_asked_about_beside_its_reader() -> None:
    put = Learned(Depth.RESULT, ({"id": "a", "order": 1},), refused=({},))
    get = Learned(Depth.CALLED, ({"id": "a"},), calls=("state::get",), refused=({},))
    empty = [("shop::get", Outcome({"id": "a"}, None, READ))]

    (question,) = of_a_store(empty, {"shop::put": put, "shop::get": get})
    assert "shop::put takes data and calls nothing" in question.text

    writing = Learned(Depth.CALLED, put.examples, calls=("state::set",))
    assert of_a_store(empty, {"shop::put": writing, "shop::get": get}) == []
    assert of_a_store(empty, {"shop::note": put, "shop::set": writing, "shop::get": get}) == []


@pytest.mark.parametrize(
    ("result", "again", "other", "asked"),
    [
        ({"id": "r-1", "n": 1}, {"id": "r-2", "n": 1}, {"id": "r-3", "n": 1}, True),
        ({"id": "r-1", "n": 1}, {"id": "r-2", "n": 1}, {"id": "r-3", "n": 2}, False),
        ({"id": "r-1", "n": 1}, {"id": "r-2", "n": 1}, {"id": "a-other", "n": 1}, False),
        ({"id": "r-1"}, {"id": "r-2"}, {"id": "r-3"}, False),
        ({"id": "r-1", "n": 1}, {"id": "r-2"}, {"id": "r-3", "n": 1}, False),
    ],
)
def test_a_path_parameter_that_shows_nowhere_is_asked_about(
    result: Any, again: Any, other: Any, asked: bool
) -> None:
    data = {"path_params": {"id": "a"}}
    changed = Outcome({"path_params": {"id": "a-other"}}, other)
    outcomes = Outcome(data, result), Outcome(data, again), changed

    assert (of_a_parameter("shop::put", "path parameter id", *outcomes) is not None) is asked
