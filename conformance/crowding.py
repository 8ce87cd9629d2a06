"""How crowded the machine is: a deadline must not blame a worker for its neighbours."""

from __future__ import annotations

import psutil

MOST = 4.0


def crowding() -> float:
    """How many processes want each processor: 1 on a machine with time to spare, at most 4."""
    wanting: float = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
    return min(MOST, max(1.0, wanting))
