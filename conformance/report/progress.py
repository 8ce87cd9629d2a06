"""How long something still takes, by how far it is."""

from __future__ import annotations

ENOUGH = 0.05
"""The part of the work that must be done before what is left can be estimated."""


def left(part: float, seconds: float) -> float | None:
    """The seconds that are left if all goes on as it went; ``None`` while nobody knows.

    ``part`` of the work, from 0 to 1, took ``seconds``.
    """
    return None if part < ENOUGH else seconds * (1 - part) / part


def duration(seconds: float) -> str:
    """Some seconds as people say them."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"
