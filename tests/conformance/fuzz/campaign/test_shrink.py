"""Shrinking values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.fuzz.campaign.shrink import fewer, smaller, weight


def least(value: Any, shows: Callable[[Any], bool]) -> Any:
    while True:
        found = next((one for one in smaller(value) if shows(one)), smaller)
        if found is smaller:
            return value
        assert weight(found) < weight(value)
        value = found


@pytest.mark.parametrize(
    ("value", "shows", "expected"),
    [
        ({"a": [1, {"b": None, "c": "x" * 50}]}, lambda v: "None" in repr(v), None),
        (["a", 5, {"k": [7, 8]}], lambda v: "8" in repr(v), 8),
        ({"a": {"b": {"c": "text"}}, "z": 1}, lambda v: "'c'" in repr(v), {"c": None}),
        ("x" * 5500, lambda v: isinstance(v, str) and len(v) > 5000, "x" * 5001),
        (987_654, lambda v: isinstance(v, int) and v > 0, 1),
    ],
)
def test_the_least_value_is_found(value: Any, shows: Callable[[Any], bool], expected: Any) -> None:
    assert least(value, shows) == expected


def test_steps_are_left_out_but_never_the_last() -> None:
    steps = [1, 2, 3, 4, 5]
    progress = True
    while progress:
        progress = False
        for shorter in fewer(steps):
            assert shorter[-1] == 5
            if 2 in shorter:
                steps, progress = shorter, True
                break

    assert steps == [2, 5]
