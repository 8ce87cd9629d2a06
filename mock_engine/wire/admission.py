"""What happens to a connection before the WebSocket is open: the gate of a listener.

The gate is open in ordinary life. A test closes it in one of the ways in which real networks
and real engines turn a worker away.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admit:
    """Let the connection in."""


@dataclass(frozen=True, slots=True)
class ResetOnAccept:
    """Accept the TCP connection and reset it at once."""


@dataclass(frozen=True, slots=True)
class EndOnAccept:
    """Accept the TCP connection and end it at once, without a byte."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Accept the TCP connection and never answer."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Answer the upgrade request with an HTTP status, as a proxy without a backend does."""

    status: int = 503


Admission = Admit | ResetOnAccept | EndOnAccept | Stall | Reject
