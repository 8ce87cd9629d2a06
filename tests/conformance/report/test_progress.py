"""Estimates of the remaining time."""

from __future__ import annotations

import pytest

from conformance.report.progress import duration, left


@pytest.mark.parametrize(
    ("part", "seconds", "expected"), [(0.0, 5, None), (0.04, 5, None), (0.25, 5, 15), (1, 9, 0)]
)
def test_what_is_left_is_known_once_enough_is_done(
    part: float, seconds: float, expected: float | None
) -> None:
    assert left(part, seconds) == expected


def test_long_times_are_told_in_minutes() -> None:
    assert [duration(seconds) for seconds in (0.4, 99, 150)] == ["0 s", "99 s", "2 min"]
