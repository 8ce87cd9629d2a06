"""The limits of size and time for one peer.

The numbers are those of engine 0.23: a frame up to 16 MiB, a message up to 64 MiB, an upgrade
within ten seconds. Beyond a size the engine ends the connection without a close frame.
``request_time`` limits the head of a request and ``body_time`` its body, which the engine does not
limit; ``unsent`` is how much may wait for a peer that does not read.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    frame: int = 16 * MIB
    message: int = 64 * MIB
    request_head: int = 64 * 1024
    request_body: int = MIB
    request_time: float = 10.0
    body_time: float = 60.0
    close_time: float = 5.0
    unsent: int = 256 * MIB
