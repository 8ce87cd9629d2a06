"""Bytes that wait for the end of a turn, so that many frames cost one system call.

A turn is what one chunk of input leads to. A peer that has one call in flight waits for nothing:
its turn ends when its message was handled.
"""

from __future__ import annotations

from typing import Protocol


class Writer(Protocol):
    """Who holds bytes until the turn ends."""

    def flush(self) -> None:
        """Write what is held."""


class Batch:
    """The writers of some connections, and whether a turn is on."""

    def __init__(self) -> None:
        self.is_open = False
        self._writers: list[Writer] = []

    def begin(self) -> None:
        """A turn begins."""
        self.is_open = True

    def add(self, writer: Writer) -> None:
        """``writer`` holds bytes now."""
        self._writers.append(writer)

    def end(self) -> None:
        """The turn is over: everything is written."""
        self.is_open = False
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.flush()
