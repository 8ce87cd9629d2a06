"""The operations on values."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mock_engine.modules.store import MISSING
from mock_engine.modules.updates import apply, are_operations


def append(path: Any, value: Any) -> dict[str, Any]:
    return {"type": "append", "path": path, "value": value}


def merge(value: Any) -> dict[str, Any]:
    return {"type": "merge", "value": value}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("value", "op", "after", "code"),
    [
        ({"a": 1}, {"type": "set", "path": "b", "value": 2}, {"a": 1, "b": 2}, None),
        ([1], {"type": "set", "path": "b", "value": 2}, [1], "set.target_not_object"),
        ({"a": "x"}, {"type": "append", "path": "a", "value": "y"}, {"a": "xy"}, None),
        (
            {"a": "x"},
            {"type": "append", "path": "a", "value": 1},
            {"a": "x"},
            "append.type_mismatch",
        ),
        (
            {},
            {"type": "merge", "path": ["a", "b"], "value": {"c": 1}},
            {"a": {"b": {"c": 1}}},
            None,
        ),
        (
            {},
            {"type": "merge", "path": "__proto__", "value": {"c": 1}},
            {},
            "merge.path.proto_polluted",
        ),
        ({"a": 5}, {"type": "decrement", "path": "a", "by": 2}, {"a": 3}, None),
        ({"a": 5, "b": 1}, {"type": "remove", "path": "a"}, {"b": 1}, None),
        (
            {"a": None},
            {"type": "increment", "path": "a", "by": 1},
            {"a": None},
            "increment.not_number",
        ),
        (
            {"a": -(2**63)},
            {"type": "decrement", "path": "a", "by": 1},
            {"a": -(2**63)},
            "decrement.not_number",
        ),
        ({"a": 2**63 - 1}, {"type": "increment", "path": "a", "by": 1}, {"a": 2**63}, None),
        (None, {"type": "set", "path": "a", "value": 1}, None, "set.target_not_object"),
        (MISSING, {"type": "set", "path": "__proto__"}, {}, "set.path.proto_polluted"),
        (MISSING, {"type": "remove", "path": "ü" * 129}, {}, "remove.path.segment_too_long"),
        (MISSING, {"type": "merge", "value": 1}, {}, "merge.value.not_an_object"),
        ({"a": {"b": None}}, append(["a", "b"], "x"), {"a": {"b": "x"}}, None),
        ({}, append(["a", "b"], "x"), {"a": {"b": ["x"]}}, None),
        ({"a": 1}, append([], 1), {"a": 1}, "append.type_mismatch"),
        (5, append(["a"], 1), 5, "append.target_not_object"),
        ({}, merge(dict.fromkeys(map(str, range(1025)))), {}, "merge.value.too_many_keys"),
        ({}, merge({"a": nested(16)}), {}, "merge.value.too_deep"),
        ({}, merge({"a": nested(15)}), {"a": nested(15)}, None),
    ],
)
def test_operations_apply_or_say_why_not(
    value: Any, op: dict[str, Any], after: Any, code: str | None
) -> None:
    before = copy.deepcopy(value)

    result, errors = apply(value, [op])

    assert result == after
    assert [error["code"] for error in errors] == ([code] if code else [])
    assert value is before is MISSING or value == before


@pytest.mark.parametrize(
    ("op", "complaint"),
    [
        (5, "invalid type: integer `5`, expected internally tagged enum UpdateOp"),
        ({}, "missing field `type`"),
        ({"type": 5}, "invalid type: integer `5`, expected variant identifier"),
        (append(5, 1), "data did not match any variant of untagged enum MergePath"),
        ({"type": "increment", "path": "a", "by": 1.5}, "floating point `1.5`, expected i64"),
        ({"type": "set", "path": 5}, "invalid type: integer `5`, expected a string"),
        ({"type": "merge"}, "missing field `value`"),
    ],
)
def test_operations_that_cannot_be_read_are_told_as_serde_does(op: Any, complaint: str) -> None:
    told = are_operations([op])

    assert told is not None
    assert complaint in told
