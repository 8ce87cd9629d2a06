"""Recordings are patterns: what matches them, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.engines.pattern import Fit, is_wording, long_text, sorted_parts

ID, OTHER = "0b7e1a52-0000-4000-8000-00000000000f", "0b7e1a52-0000-4000-8000-00000000000e"


def fit() -> Fit:
    return Fit({"<c.worker_id>": "w7"})


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [
        ({"a": "$id1", "b": "$id1"}, {"a": ID, "b": ID}),
        ({"a": "<c.worker_id> left"}, {"a": "w7 left"}),
        ({"at": "$ts_ms", "x": "$masked"}, {"at": 1, "x": [1]}),
        ("at $iso", "at 2026-01-01T00:00:00.5+00:00"),
        ({"baggage": "a=1,b=2"}, {"baggage": "b=2,a=1"}),
        ("it is in namespace(s): a, b.", "it is in namespace(s): b, a."),
        (long_text("x" * 500), "x" * 500),
    ],
)
def test_what_fits(recorded: Any, seen: Any) -> None:
    assert fit().compare(recorded, seen) is None


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [
        ({"a": "$id1", "b": "$id1"}, {"a": ID, "b": OTHER}),
        ({"a": "$id1"}, {"a": "no id"}),
        ({"a": None}, {}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": True}),
        ([1, 2], [2, 1]),
        ("<c.worker_id>", "w8"),
        ("$ts_ms", "1"),
        (long_text("x" * 500), "y" * 500),
        ({"message": "no code beside it"}, {"message": "other words"}),
        ({"code": "a", "message": "words"}, {"code": "a", "message": 1}),
    ],
)
def test_what_does_not_fit(recorded: Any, seen: Any) -> None:
    assert fit().compare(recorded, seen) is not None


def test_a_mismatch_says_where_and_what() -> None:
    mismatch = fit().compare({"a": [{"b": 1}]}, {"a": [{"b": 2}]})

    assert mismatch is not None
    assert (mismatch.path, mismatch.recorded, mismatch.seen) == ("a[0].b", "1", "2")


def test_words_for_people_are_compared_apart() -> None:
    comparison = fit()
    recorded = {"error": {"code": "gone", "message": "it is gone"}, "id": "$id1"}

    mismatch = comparison.compare(recorded, {"error": {"code": "gone", "message": "x"}, "id": ID})

    assert mismatch is None
    assert [each.path for each in comparison.wording] == ["error.message"]
    assert comparison.names["$id1"] == ID


def test_any_order_still_keeps_names_apart() -> None:
    recorded = [{"i": "$id1", "n": 1}, {"i": "$id2", "n": 2}]
    seen = [{"i": ID, "n": 2}, {"i": OTHER, "n": 1}]

    assert fit().compare_in_any_order(recorded, seen) is None
    assert fit().compare_in_any_order(recorded, [seen[0], {"i": OTHER, "n": 3}]) is not None


def test_any_order_prefers_the_recorded_words() -> None:
    recorded = [{"code": "a", "message": "one"}, {"code": "a", "message": "two"}]
    comparison = fit()

    assert comparison.compare_in_any_order(recorded, recorded[::-1]) is None
    assert comparison.wording == []


def test_what_lists_without_order_is_sorted() -> None:
    assert sorted_parts("b=2,a=1", "baggage") == "a=1,b=2"
    assert sorted_parts("b=2,a=1", "data") == "b=2,a=1"


@pytest.mark.parametrize(
    ("holder", "key", "worded"),
    [
        ({"code": "x", "message": "y"}, "message", True),
        ({"message": "y"}, "message", False),
        ({"description": "y"}, "description", True),
        ({"description": None}, "description", False),
    ],
)
def test_what_are_words(holder: dict[str, Any], key: str, worded: bool) -> None:
    assert is_wording(holder, key) is worded
