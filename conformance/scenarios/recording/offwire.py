"""What a stored transcript contains beside the wire: signals, exits, and frames that it lost."""

from __future__ import annotations

from dataclasses import dataclass

from mock_engine.transcript import Direction, Event


@dataclass(frozen=True, slots=True)
class Signalled(Event):
    """A signal was sent to the worker's process."""

    name: str = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Exited(Event):
    """The worker's process ended; a code below 0 is the number of the signal that ended it.

    Without a code it is not known how.
    """

    code: int | None = 0


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """A frame of which the transcript lacks some bytes; ``text`` is what it has."""

    direction: Direction = Direction.FROM_ENGINE
    text: str = ""
