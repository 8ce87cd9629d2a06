"""Counts of answers and their latencies."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

STEP = 10_000
"""The resolution of latencies, in parts of a second; counting bounds the memory of a long run."""


WARM = 60
"""The time in seconds in which an engine fills its bounded stores, such as ends of channels."""


@dataclass(slots=True)
class Tally:
    """How many answers arrived, were wrong and never arrived, and how long they took."""

    right: int = 0
    wrong: int = 0
    lost: int = 0
    _times: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float, *, right: bool) -> None:
        """Count an answer that arrived after so many seconds."""
        self._times[int(seconds * STEP)] += 1
        self.right += right
        self.wrong += not right

    def within(self, part: float) -> float:
        """The latency within which this fraction of the answers arrived, in ms, to one decimal."""
        wanted = part * self._times.total()
        for step in sorted(self._times):
            wanted -= self._times[step]
            if wanted <= 0:
                return (step + 1) / STEP * 1000
        return 0.0


def has_grown(samples: Sequence[float], allowed: float) -> bool | None:
    """Whether memory, sampled once a second, grew by more than a fraction of itself after ``WARM``.

    The medians of the first and of the last tenth are compared. ``None`` when there are too few
    samples.
    """
    warm = samples[WARM:]
    if len(warm) < WARM:
        return None
    tenth = len(warm) // 10
    return statistics.median(warm[-tenth:]) > statistics.median(warm[:tenth]) * (1 + allowed)
