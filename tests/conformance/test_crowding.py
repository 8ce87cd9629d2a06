"""Deadlines grow with the number of processes that want a processor."""

from __future__ import annotations

import psutil
import pytest

from conformance.crowding import MOST, crowding


@pytest.mark.parametrize(("load", "expected"), [(0.1, 1.0), (2.0, 1.0), (6.0, 3.0), (80.0, MOST)])
def test_crowding(monkeypatch: pytest.MonkeyPatch, load: float, expected: float) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)

    assert crowding() == expected
