"""What a run waits for, on a terminal."""

from __future__ import annotations

import pytest

from conformance.plugin.waits import CLEAR, text


@pytest.mark.parametrize(
    ("wait", "expected"),
    [((4.2, 12.0), " REC-010: refused series, 4 s of 12"), (None, " REC-010: refused series")],
)
def test_a_wait_is_told_with_its_end(wait: tuple[float, float] | None, expected: str) -> None:
    assert text("REC-010", "refused_series", wait) == f"{expected}{CLEAR}"
