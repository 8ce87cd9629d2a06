"""Deadlines grow with the number of processes that compete for a processor."""

from __future__ import annotations

import psutil
import pytest

from conformance.trials.load import MANY, MOST, load_factor, parallel_starts


@pytest.mark.parametrize(("load", "expected"), [(0.1, 1.0), (2.0, 1.0), (6.0, 3.0), (80.0, MOST)])
def test_crowding(monkeypatch: pytest.MonkeyPatch, load: float, expected: float) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)

    assert load_factor() == expected


@pytest.mark.parametrize(
    ("startup", "busy", "load", "expected"),
    [
        (0.3, 0.01, 0.5, 2),  # too short to count
        (3.0, 3.0, 0.5, 2),  # busy all the time
        (3.0, 9.0, 0.5, 2),  # on several processors
        (3.0, 0.5, 0.5, 12),  # waits for something else
        (3.0, 0.0, 0.5, 2 * MANY),
        (3.0, 0.5, 8.0, 3),  # waits for a processor
    ],
)
def test_starters(
    monkeypatch: pytest.MonkeyPatch, startup: float, busy: float, load: float, expected: int
) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)

    assert parallel_starts(startup, busy) == expected
