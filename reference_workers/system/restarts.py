"""When a process that ended is restarted. Pure: no clock and no processes."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_DELAY, LONGEST_DELAY = 0.5, 8.0
"""The delays before a restart in seconds: each in a row is twice as long, up to the second."""

MOST_FAILURES = 4
"""The most ends in a row without serving in between; after more, a process has failed."""

SERVED_AFTER = 10.0
"""The time of being ready, in seconds, after which earlier failures no longer count."""

USELESS = (2, 126, 127)
"""Exit codes that mean that a restart is useless: the settings are wrong."""


@dataclass(slots=True)
class Restarts:
    """Counts the ends of one process."""

    failures: int = 0
    count: int = 0

    def ended(self, code: int, ready_for: float) -> float | None:
        """Record an end; return the seconds before the next start, or ``None`` to give up.

        ``ready_for`` is how long the process had been ready, in seconds.
        """
        self.failures = 1 if ready_for >= SERVED_AFTER else self.failures + 1
        hopeless = code in USELESS and not ready_for
        if hopeless or self.failures > MOST_FAILURES:
            return None
        self.count += 1
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (self.failures - 1))
