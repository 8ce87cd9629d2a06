"""Bytes held until the end of a turn, so that many frames need one system call.

A turn is the handling of one chunk of input. A peer with only one call in flight is not delayed:
its turn ends when its message has been handled.
"""

from __future__ import annotations

from typing import Protocol


class Writer(Protocol):
    """Holds bytes until the turn ends."""

    def flush(self) -> None:
        """Write the held bytes."""


class Batch:
    """The writers of some connections, and whether a turn is in progress."""

    def __init__(self) -> None:
        self.is_open = False
        self._writers: list[Writer] = []

    def begin(self) -> None:
        """A turn begins."""
        self.is_open = True

    def add(self, writer: Writer) -> None:
        """``writer`` now holds bytes."""
        self._writers.append(writer)

    def end(self) -> None:
        """The turn ends: everything is written."""
        self.is_open = False
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.flush()
