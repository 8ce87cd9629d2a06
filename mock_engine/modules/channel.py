"""One channel: a one-way pipe with a writing and a reading end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

READ, WRITE = "read", "write"
"""The two ends."""

AHEAD = 64
"""How many messages a writer may be ahead of its reader, unless the channel says otherwise."""

LOST = 2
"""How many messages are lost before a writer without a reader is ended."""

Part = tuple[bool, bytes]
"""A message: whether it is binary, and its data."""


class WritingEnd(Protocol):
    """The connection of the writing end."""

    def pause_reading(self) -> None:
        """Stop reading from it."""

    def resume_reading(self) -> None:
        """Continue to read from it."""

    def cut(self) -> None:
        """End the connection."""


@dataclass(slots=True)
class Channel:
    """A pipe. Once there is a reader, ``deliver`` gets each message; ``ended`` comes last."""

    id: str
    key: str
    ahead: int = AHEAD
    taken: set[str] = field(default_factory=set)
    waiting: list[Part] = field(default_factory=list)
    finished: bool = False
    deliver: Callable[[bool, bytes], None] | None = None
    ended: Callable[[], None] | None = None
    writer: WritingEnd | None = None
    lost: int = 0

    def end(self, direction: str) -> dict[str, str]:
        """What a worker needs to connect to one of the ends."""
        return {"channel_id": self.id, "access_key": self.key, "direction": direction}

    def write(self, binary: bool, data: bytes) -> None:
        """Pass a message on, or keep it until there is a reader."""
        if self.deliver is not None:
            self.deliver(binary, data)
            return
        self.waiting.append((binary, data))
        if self.writer is not None and len(self.waiting) > self.ahead:
            self.writer.pause_reading()

    def finish(self) -> None:
        """The writer is done."""
        self.finished, self.writer = True, None
        if self.ended is not None:
            self.ended()

    def read(self, deliver: Callable[[bool, bytes], None], ended: Callable[[], None]) -> None:
        """Take the reading end, either inside the engine or for a connection."""
        self.taken.add(READ)
        self.deliver, self.ended = deliver, ended
        waiting, self.waiting = self.waiting, []
        for part in waiting:
            deliver(*part)
        if self.writer is not None:
            self.writer.resume_reading()
        if self.finished:
            ended()

    def abandon(self) -> None:
        """The reader is gone: later messages are lost, and the engine soon ends the writer.

        Engine 0.23 notices the missing reader when a send fails, which is at the second message.
        """
        self.deliver, self.ended, self.lost = self._lose, None, 0

    def _lose(self, binary: bool, data: bytes) -> None:
        del binary, data
        self.lost += 1
        if self.lost > LOST and self.writer is not None:
            self.writer.cut()
