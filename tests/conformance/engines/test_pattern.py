"""Recordings are patterns: what fits them, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fidelity.pattern import fit, fit_in_any_order

ID, OTHER = "0b7e1a52-0000-4000-8000-00000000000f", "0b7e1a52-0000-4000-8000-00000000000e"


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [
        ({"a": "$id1", "b": "$id1"}, {"a": ID, "b": ID}),
        ({"a": "<c.worker_id> left"}, {"a": "w7 left"}),
        ({"at": "$ts_ms", "x": "$masked"}, {"at": 1, "x": [1]}),
        ("at $iso", "at 2026-01-01T00:00:00.5+00:00"),
        ({"baggage": "a=1,b=2"}, {"baggage": "b=2,a=1"}),
    ],
)
def test_what_fits(recorded: Any, seen: Any) -> None:
    assert fit(recorded, seen, {"<c.worker_id>": "w7"}) is None


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
    ],
)
def test_what_does_not_fit(recorded: Any, seen: Any) -> None:
    assert fit(recorded, seen, {"<c.worker_id>": "w7"}) is not None


def test_any_order_still_keeps_names_apart() -> None:
    recorded = [{"i": "$id1", "n": 1}, {"i": "$id2", "n": 2}]

    assert fit_in_any_order(recorded, [{"i": ID, "n": 2}, {"i": OTHER, "n": 1}], {}) is None
    assert fit_in_any_order(recorded, [{"i": ID, "n": 2}, {"i": OTHER, "n": 3}], {}) is not None
