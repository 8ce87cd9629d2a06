"""How long something will still take, from how far it is."""

from __future__ import annotations

ENOUGH = 0.05
"""The part of the work that must be done before the rest can be estimated."""


def left(part: float, seconds: float) -> float | None:
    """The seconds that are left if the rest goes on like this; ``None`` if it is too early to say.

    ``part`` of the work, from 0 to 1, took ``seconds``.
    """
    return None if part < ENOUGH else seconds * (1 - part) / part


def duration(seconds: float) -> str:
    """A number of seconds as people write it."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"
