"""How long a worker waits for what. The defaults are the figures of the official SDKs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Spans in seconds; ``jitter`` is the share by which a delay may be shorter or longer.

    A worker that stops lets its handlers go on for ``calling``, and without answers to their own
    calls for ``draining``. With ``closing`` it is what container runtimes grant (10 s).
    """

    first_delay: float = 1.0
    longest_delay: float = 30.0
    jitter: float = 0.3
    opening: float = 10.0
    ping: float = 20.0
    silence: float = 60.0
    closing: float = 2.0
    calling: float = 2.0
    draining: float = 6.0

    def delays(self) -> Iterator[float]:
        """Seconds to wait before each try to reconnect, without end."""
        delay = self.first_delay
        while True:
            yield delay * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - no secret
            delay = min(delay * 2, self.longest_delay)
