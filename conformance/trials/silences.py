"""Functions that do not answer: nobody waits for them for long again and again."""

from __future__ import annotations

from collections import Counter

ENOUGH = 3
"""Waits in vain, without an answer in between, after which a function is taken for silent."""


class Silences:
    """How often each function was waited for in vain since its last answer."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, function_id: str, *, answered: bool) -> None:
        """Note what a wait with a full deadline came to."""
        self._counts[function_id] = 0 if answered else self._counts[function_id] + 1

    def is_silent(self, function_id: str) -> bool:
        """Whether another wait for this function would most likely be in vain."""
        return self._counts[function_id] >= ENOUGH
