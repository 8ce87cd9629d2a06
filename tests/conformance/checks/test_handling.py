from __future__ import annotations

from typing import Any

import pytest

from conformance.checks.handling.formats import returns_what_it_declares
from conformance.requirements.verdict import Finding
from tests.conformance.checks.records import Story

PRICE = {"type": "object", "required": ["price"]}
ORDER = {"type": "object", "required": ["order"]}


def told(data: Any, body: dict[str, Any], **formats: Any) -> list[str]:
    """The findings about one answer: the function's name if it is right, or what is wrong."""
    invocation = {"type": "invokefunction", "invocation_id": "1", "function_id": "shop::price"}
    story = Story().opens().says({"type": "registerfunction", "id": "shop::price", **formats})
    story.says({**invocation, "data": data}, engine=True)
    story.says({**invocation, "type": "invocationresult", **body})
    found = returns_what_it_declares(story.record(None))
    return [one.seen if isinstance(one, Finding) else str(one) for one in found]


@pytest.mark.parametrize(
    "body",
    [
        {"result": {"price": 1}},
        {"error": {"code": "x", "message": "y"}},
        {"result": {"error": "x"}},
    ],
    ids=["allowed", "an error", "a result that tells of an error"],
)
def test_an_answer_may_be_what_is_declared_or_an_error(body: dict[str, Any]) -> None:
    assert told({}, body, response_format=PRICE) in (["shop::price"], [])


@pytest.mark.parametrize("body", [{"result": {"cost": 1}}, {"result": None}, {}])
def test_another_shape_is_told_with_its_place(body: dict[str, Any]) -> None:
    (seen,) = told({}, body, response_format=PRICE)

    assert seen.startswith("shop::price returned what it does not allow, at the whole: ")


def test_data_outside_the_request_format_may_have_any_answer() -> None:
    formats = {"request_format": ORDER, "response_format": PRICE}

    assert told({}, {"result": 5}, **formats) == []
    assert len(told({"order": 1}, {"result": 5}, **formats)) == 1


def test_what_declares_nothing_is_not_looked_at() -> None:
    assert told({}, {"result": 5}) == []
    assert told({}, {"result": 5}, response_format="an object") == []
