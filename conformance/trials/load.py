"""How busy the machine is: no worker is to be blamed for the load of other programs."""

from __future__ import annotations

import psutil

MOST = 4.0

SLOW = 1.0
"""Seconds from which on a start is slow enough to limit how many happen at a time."""

MANY = 8
"""Starts at a time for each CPU core, at most."""


def load_factor() -> float:
    """How many processes compete for each CPU core: 1 on an idle machine, at most 4."""
    wanting: float = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
    return min(MOST, max(1.0, wanting))


def parallel_starts(startup: float, busy: float) -> int:
    """How many workers may start at a time, so that none is much slower than one alone.

    Its start took ``startup`` seconds, of which it used a CPU core for ``busy`` seconds. While a
    worker waits for a network or a timer, it leaves the cores to others.
    """
    processors = psutil.cpu_count() or 1
    if startup < SLOW:
        return processors
    idle = startup / max(busy * load_factor(), startup / MANY)
    return max(processors, int(processors * idle))
