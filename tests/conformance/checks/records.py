"""Records of made-up trials, for tests of checks."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from websockets.frames import Opcode

from conformance.trials.baseline import Baseline
from conformance.trials.life import LifeEvent
from conformance.trials.pace import Pace
from conformance.trials.trial import Record
from mock_engine.transcript import (
    Accepted,
    Answered,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
    Request,
    Requested,
)

Result = TypeVar("Result")


class Story:
    """Events at intervals of a hundredth of a second."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @property
    def at(self) -> float:
        """The time of the next event, in seconds."""
        return len(self.events) / 100

    def opens(self, number: int = 1, path: str = "/") -> Story:
        """A WebSocket is opened."""
        request = Request("GET", path, ())
        self.events += [
            Accepted(self.at, number, 49134),
            Requested(self.at, number, request),
            Answered(self.at, number, 101),
        ]
        return self

    def says(self, message: Any, number: int = 1, *, engine: bool = False) -> Story:
        """One side sends a message, the worker unless it is the ``engine``: text, or JSON."""
        direction = Direction.FROM_ENGINE if engine else Direction.FROM_WORKER
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.events.append(FrameSeen(self.at, number, direction, Opcode.TEXT, True, data))
        self.events.append(Message(self.at, number, direction, False, data))
        return self

    def sends(
        self, opcode: Opcode, data: bytes = b"", number: int = 1, *, engine: bool = False
    ) -> Story:
        """One side sends a control frame."""
        direction = Direction.FROM_ENGINE if engine else Direction.FROM_WORKER
        self.events.append(FrameSeen(self.at, number, direction, opcode, True, data))
        return self

    def ends(self, ending: Ending = Ending.EOF, number: int = 1) -> Story:
        """A connection ends."""
        self.events.append(Ended(self.at, number, ending))
        return self

    def record(
        self,
        result: Result,
        exit_code: int | None = None,
        life: tuple[LifeEvent, ...] = (),
        missed: str = "",
    ) -> Record[Result]:
        """The record of a trial with these events."""
        events, baseline = tuple(self.events), Baseline(Pace(), workers=1)
        return Record("t", result, events, baseline, (), exit_code, "t", life, missed)
