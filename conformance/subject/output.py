"""What a worker wrote to its standard output and error, as lines with times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

LONGEST_LINE = 8192
KEPT_LINES = 5000


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``at`` is in seconds since the transcript began."""

    at: float
    text: str


class Search:
    """Looks for texts in everything written from now on, however much, and however long the lines.

    The kept output is cut and dropped, so it cannot prove that a text is absent.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [text.encode() for text in texts]
        self._overlap = max(map(len, self._texts)) - 1
        self._rest = b""
        self.found = False

    def read(self, data: bytes) -> None:
        """Take what was written next."""
        whole = self._rest + data
        self.found = self.found or any(text in whole for text in self._texts)
        self._rest = whole[-self._overlap :] if self._overlap else b""


class Output(asyncio.Protocol):
    """Reads a pipe to its end, so that a worker with much output never blocks on it.

    The newest ``KEPT_LINES`` lines are kept; lines longer than ``LONGEST_LINE`` bytes are cut.
    ``written`` counts the bytes of all of them.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lines: list[Line] = []
        self._rest = b""
        self._transport: asyncio.BaseTransport | None = None
        self.dropped = 0
        self.searches: list[Search] = []
        self.written = 0

    @property
    def is_pipe(self) -> bool:
        """Whether the worker writes to a pipe that ``close`` closes."""
        return self._transport is not None

    @property
    def lines(self) -> list[Line]:
        """The lines so far, an unfinished last one included."""
        rest = [Line(self._now(), _text(self._rest))] if self._rest else []
        return self._lines + rest

    def tail(self, count: int) -> list[str]:
        """The text of the last ``count`` lines."""
        return [line.text for line in self.lines[-count:]]

    def close(self) -> None:
        """Stop reading: the worker is gone, even if a child still holds the pipe."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The pipe is open."""
        self._transport = cast("asyncio.ReadTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Split what came into lines."""
        self.written += len(data)
        for search in self.searches:
            search.read(data)
        *complete, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:LONGEST_LINE]
        at = self._now()
        self._lines.extend(Line(at, _text(line[:LONGEST_LINE])) for line in complete)
        excess = len(self._lines) - KEPT_LINES
        if excess > 0:
            del self._lines[:excess]
            self.dropped += excess


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").rstrip("\r")
