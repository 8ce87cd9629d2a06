"""What happened to the processes of a worker: facts beside the transcript, on its clock."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import Enum

from conformance.subject.process import describe_exit


class Turn(Enum):
    """The kinds of event in the life of a process."""

    STARTED = "started"
    SIGNALLED = "signalled by the suite"
    KILLED = "killed by the suite"
    EXITED = "ended"


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Something that happened to process number ``process`` of a run, ``at`` seconds.

    ``code`` is the number of the signal, or the exit code.
    """

    at: float
    process: int
    turn: Turn
    code: int | None = None

    def __str__(self) -> str:
        """The event in words."""
        match self.turn:
            case Turn.SIGNALLED:
                return f"got {signal.Signals(self.code or 0).name}"
            case Turn.EXITED:
                return f"ended with {describe_exit(self.code or 0)}"
        return str(self.turn.value)
