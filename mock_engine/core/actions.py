"""What the core asks its shell to do."""

from __future__ import annotations

from dataclasses import dataclass

from mock_engine.messages import Message


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to a peer."""

    peer: int
    message: Message


@dataclass(frozen=True, slots=True)
class Close:
    """Send a close frame, without a code when ``code`` is ``None``, and end the connection."""

    peer: int
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection without a close frame."""

    peer: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Call ``Core.elapsed(key)`` after ``seconds``.

    The key is the number of a peer, or the id of a trigger.
    """

    key: int | str
    seconds: float


Action = Send | Close | Cut | Wake
