"""How crowded the machine is: a deadline must not blame a worker for its neighbours."""

from __future__ import annotations

import psutil

MOST = 4.0

SLOW = 1.0
"""Seconds of a start that is worth sharing out."""

MANY = 8
"""Starts at a time for each processor, at most."""


def load_factor() -> float:
    """How many processes want each processor: 1 on a machine with time to spare, at most 4."""
    wanting: float = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
    return min(MOST, max(1.0, wanting))


def parallel_starts(startup: float, busy: float) -> int:
    """How many workers may start at a time, so that none is much slower than one by itself.

    Its start took ``startup`` seconds, in which it had a processor for ``busy`` seconds. One that
    waits meanwhile, for a network or a timer, leaves the processors to others.
    """
    processors = psutil.cpu_count() or 1
    if startup < SLOW:
        return processors
    idle = startup / max(busy * load_factor(), startup / MANY)
    return max(processors, int(processors * idle))
