"""What became of what was asked."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

STEP = 10_000
"""Parts of a second in which latencies are counted, so that any number of them takes no memory."""


WARM = 60
"""Seconds in which an engine fills what it keeps a bounded number of, such as ends of channels."""


@dataclass(slots=True)
class Tally:
    """How many answers came, were wrong and never came, and how long they took."""

    right: int = 0
    wrong: int = 0
    lost: int = 0
    _times: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float, *, right: bool) -> None:
        """An answer came after so many seconds."""
        self._times[int(seconds * STEP)] += 1
        self.right += right
        self.wrong += not right

    def within(self, part: float) -> float:
        """Milliseconds within which this part of the answers came, to a tenth of one."""
        wanted = part * self._times.total()
        for step in sorted(self._times):
            wanted -= self._times[step]
            if wanted <= 0:
                return (step + 1) / STEP * 1000
        return 0.0


def has_grown(samples: Sequence[float], allowed: float) -> bool | None:
    """Whether memory, sampled once a second, grew by more than a part of itself after ``WARM``.

    Compared are the medians of the first tenth and of the last. ``None`` when it is too early to
    tell.
    """
    warm = samples[WARM:]
    if len(warm) < WARM:
        return None
    tenth = len(warm) // 10
    return statistics.median(warm[-tenth:]) > statistics.median(warm[:tenth]) * (1 + allowed)
