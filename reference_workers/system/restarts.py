"""When a process that ended is started again. No clock and no process is in here."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_DELAY, LONGEST_DELAY = 0.5, 8.0
"""Seconds before a start; each further one in a row waits twice as long."""

MOST_FAILURES = 4
"""Ends in a row, without having served in between, after which a process is given up."""

SERVED_AFTER = 10.0
"""Seconds of being ready after which earlier failures are forgotten."""

USELESS = (2, 126, 127)
"""Exit codes of a process that will not do better the next time: its settings are wrong."""


@dataclass(slots=True)
class Restarts:
    """Counts the ends of one process."""

    failures: int = 0
    count: int = 0

    def ended(self, code: int, ready_for: float) -> float | None:
        """Take note of an end; the seconds to wait before the next start, or ``None`` to give up.

        ``ready_for`` is how long the process had been ready.
        """
        self.failures = 1 if ready_for >= SERVED_AFTER else self.failures + 1
        hopeless = code in USELESS and not ready_for
        if hopeless or self.failures > MOST_FAILURES:
            return None
        self.count += 1
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (self.failures - 1))
