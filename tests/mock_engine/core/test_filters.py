"""The filters of observers."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.core.filters import Filter
from mock_engine.failures import Failure

DOCUMENT = {
    "input": {"n": 5, "s": "text", "list": [1, {"x": 2}], "a.b": True, "none": None},
    "output": None,
    "caller": {"worker_name": "w"},
}


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ({}, True),
        ({"input.n": {"$eq": 5.0}}, True),
        ({"input.n": {"$eq": True}}, False),
        ({"input.n": {"$ne": 5}}, False),
        ({"input.absent": {"$ne": 5}}, True),
        ({"input.absent": {"$eq": None}}, False),
        ({"input.none": {"$eq": None}}, True),
        ({"input.n": {"$gt": 4, "$lte": 5}}, True),
        ({"input.s": {"$lt": "u", "$gte": "text"}}, True),
        ({"input.s": {"$gt": 1}}, False),
        ({"input.s": {"$in": ["a", "text"]}}, True),
        ({"input.s": {"$nin": ["a"]}}, True),
        ({"input.absent": {"$nin": ["a"]}}, True),
        ({"input.absent": {"$in": ["a"]}}, False),
        ({"input.n": {"$exists": True}, "error": {"$exists": False}}, True),
        ({"output": {"$exists": True}}, True),
        ({"input.s": {"$prefix": "te"}}, True),
        ({"input.list.0": {"$eq": 1}}, True),
        ({"input.list.9": {"$exists": False}}, True),
        ({"input.list.01": {"$exists": False}}, True),
        ({"input.list": {"$eq": [1, {"x": 2}]}}, True),
        ({"input.list": {"$any": {"$eq": 1}}}, True),
        ({"input.list": {"$any": {"@.x": {"$gte": 2}}}}, True),
        ({"input.list": {"$any": {"$not": {"@.x": {"$exists": True}}}}}, True),
        ({"input.s": {"$any": {"$eq": "t"}}}, False),
        ({"input.a\\.b": {"$eq": True}}, True),
        ({"$or": [{"input.n": {"$eq": 1}}, {"input.n": {"$eq": 5}}]}, True),
        ({"$and": [{"input.n": {"$eq": 1}}, {"input.n": {"$eq": 5}}]}, False),
        ({"$not": {"caller.worker_name": {"$eq": "w"}}}, False),
    ],
)
def test_a_filter_passes_what_it_says(source: Any, passes: bool) -> None:
    assert Filter(source).matches(DOCUMENT) is passes


def nested(depth: int) -> Any:
    return {"input.n": {"$eq": 1}} if depth == 1 else {"$not": nested(depth - 1)}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ([], "must be a JSON object, found an array"),
        ({"input.n": 5}, "literal values are not allowed"),
        ({"input.n": {}}, "empty operator object"),
        ({"elsewhere": {"$eq": 1}}, "unknown root `elsewhere`"),
        ({"@.x": {"$eq": 1}}, "unknown root `@`"),
        ({"input.l": {"$any": {"input.n": {"$eq": 1}}}}, "paths start at `@`"),
        ({"input..n": {"$eq": 1}}, "empty segment"),
        ({"input.n\\x": {"$eq": 1}}, "invalid escape"),
        ({"input.n": {"$like": 1}}, "unknown operator `\\$like`"),
        ({"$eq": 1}, "unknown operator `\\$eq`"),
        ({"$or": []}, "takes a non-empty array"),
        ({"$or": {}}, "takes an array of filters"),
        ({"input.n": {"$in": 1}}, "takes an array, found a number"),
        ({"input.n": {"$in": list(range(257))}}, "257 items"),
        ({"input.n": {"$gt": None}}, "takes a number or a string, found null"),
        ({"input.n": {"$exists": 1}}, "takes a boolean"),
        ({"input.n": {"$prefix": 1}}, "takes a string"),
        ({"input.n": {"$eq": 2**54}}, "outside ±2\\^53"),
        ({"input." + "a." * 16 + "a": {"$eq": 1}}, "17 segments"),
        ({"input.n": {"$eq": "x" * 9000}}, "more than 8192 bytes"),
        ({"$or": [{"input.n": {"$eq": 1}}] * 64}, "more than 64"),
        (nested(9), "deeper than 8"),
    ],
)
def test_what_is_no_filter_is_told(source: Any, complaint: str) -> None:
    with pytest.raises(Failure, match=complaint) as refused:
        Filter(source)
    assert refused.value.code == "INVALID_FILTER"


def test_a_literal_is_not_nested_too_deep() -> None:
    literal: Any = 1
    for _ in range(33):
        literal = [literal]
    with pytest.raises(Failure, match="nests a literal deeper than 32"):
        Filter({"input.n": {"$eq": literal}})
