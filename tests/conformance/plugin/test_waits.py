"""What a run waits for, on a terminal."""

from __future__ import annotations

import pytest

from conformance.plugin.waits import text


@pytest.mark.parametrize(
    ("wait", "seconds", "expected"),
    [
        ((4.2, 12.0), None, "7 of 9; REC-010: refused series, 4 s of 12"),
        (None, 5.4, "7 of 9; REC-010: refused series, about 5 s left"),
    ],
)
def test_a_wait_is_told_with_its_end(
    wait: tuple[float, float] | None, seconds: float | None, expected: str
) -> None:
    assert text("REC-010", "refused_series", wait, (7, 9), seconds) == expected
