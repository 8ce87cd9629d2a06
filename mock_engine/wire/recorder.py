"""Writes the events of a connection into the transcript."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mock_engine.transcript import Direction, Event, FrameSeen, Message, Transcript
from mock_engine.wire.frames import BINARY, TEXT, Frame


class Recorder:
    """Records the events of one connection."""

    def __init__(self, transcript: Transcript, connection: int) -> None:
        self._transcript = transcript
        self._connection = connection

    def add(self, make: Callable[[float], Event]) -> None:
        """Record the event that ``make`` builds from the time, in seconds."""
        self._transcript.add(make(self._transcript.now()))

    def sent(self, frame: Frame) -> None:
        """Record a frame to the peer, and the message in it."""
        at = self._frame(Direction.FROM_ENGINE, frame)
        if frame.opcode in (TEXT, BINARY):
            self._message(at, Direction.FROM_ENGINE, frame.opcode is BINARY, frame.data)

    def sent_in_parts(self, parts: Sequence[Frame]) -> None:
        """Record the frames to the peer that are fragments of one message, and the message."""
        for part in parts:
            self._frame(Direction.FROM_ENGINE, part)
        data = b"".join(part.data for part in parts)
        binary = parts[0].opcode is BINARY
        self._message(self._transcript.now(), Direction.FROM_ENGINE, binary, data)

    def seen(self, frame: Frame) -> None:
        """Record a frame from the peer."""
        self._frame(Direction.FROM_WORKER, frame)

    def overheard(self, frames: Iterable[Frame]) -> None:
        """Record frames from the peer that have no effect any more."""
        for frame in frames:
            self.seen(frame)

    def heard(self, binary: bool, data: bytes) -> None:
        """Record a message from the peer."""
        self._message(self._transcript.now(), Direction.FROM_WORKER, binary, data)

    def _frame(self, direction: Direction, frame: Frame) -> float:
        at = self._transcript.now()
        self._transcript.add(
            FrameSeen(
                at, self._connection, direction, frame.opcode, frame.fin, frame.data, frame.mask
            )
        )
        return at

    def _message(self, at: float, direction: Direction, binary: bool, data: bytes) -> None:
        self._transcript.add(Message(at, self._connection, direction, binary, data))
