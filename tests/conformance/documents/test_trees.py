"""JSON values as trees."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.documents.trees import Path, at, equal, find, varies_alike

ONE, OTHER = {"id": "a", "n": [1, {"at": 3.5}]}, {"id": "b", "n": [1, {"at": 4.5}]}


@pytest.mark.parametrize(
    ("third", "alike"),
    [
        ({"id": "c", "n": [1, {"at": 5.5}]}, True),
        (ONE, True),
        ({"id": "c", "n": [2, {"at": 5.5}]}, False),
        ({"id": None, "n": [1, {"at": 5.5}]}, False),
        ({"id": "c", "n": [1, {"at": 5.5}], "error": "no"}, False),
        ({"id": "c", "n": [1]}, False),
        (None, False),
    ],
)
def test_values_that_differ_by_chance_alone(third: Any, *, alike: bool) -> None:
    assert varies_alike(ONE, OTHER, third) is alike


def test_values_of_different_structure_vary_by_more_than_chance() -> None:
    assert not varies_alike({"a": []}, {"a": {}}, {"a": []})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(1, 1.0, True), (1, True, False), ([0], [False], False), ({"a": None}, {}, False)],
)
def test_numbers_are_equal_whatever_their_notation(one: Any, other: Any, *, same: bool) -> None:
    assert equal(one, other) is same


@pytest.mark.parametrize(
    ("value", "path"),
    [({"a": 1}, ("b",)), ({"a": "text"}, ("a", "b")), ([1], ("a",)), ([1], (1,)), (None, ("a",))],
)
def test_where_nothing_is_something_else_is_found(value: Any, path: Path) -> None:
    assert find(value, path, "nothing") == "nothing"
    with pytest.raises(LookupError):
        at(value, path)


def test_what_is_at_a_path_is_found() -> None:
    assert find({"a": ["x", {"b": None}]}, ("a", 1, "b"), "nothing") is None
