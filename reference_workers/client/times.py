"""The time limits of a worker. The defaults are those of the official SDKs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Times in seconds; ``jitter`` is the fraction by which a delay may be shorter or longer.

    A worker that stops lets its handlers continue for ``calling``, and then without answers to
    their own calls for ``draining``. Together with ``closing``, this is what container runtimes
    allow (10 s).
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
        """The delays before each attempt to reconnect, in seconds; endless."""
        delay = self.first_delay
        while True:
            yield delay * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - no secret
            delay = min(delay * 2, self.longest_delay)
