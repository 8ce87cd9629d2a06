"""The bytes on their way to one peer."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from mock_engine.wire.batch import Batch

LOT = 64 * 1024
"""The number of bytes that is worth a system call of its own."""


class Outbox:
    """Holds bytes until the turn of a batch ends, or writes them at once outside a turn.

    A transport of uvloop writes in the next turn of the loop; writing to the socket directly saves
    that turn for all bytes that the socket accepts at once. ``behind`` is called when more than
    ``unsent`` bytes wait for a peer that does not read.
    """

    __slots__ = ("_batch", "_behind", "_fd", "_held", "_size", "_unsent", "transport")

    def __init__(self, batch: Batch, unsent: int, behind: Callable[[], None]) -> None:
        self.transport: asyncio.Transport
        self._fd: int | None = None
        self._batch = batch
        self._unsent = unsent
        self._behind = behind
        self._held: list[bytes] = []
        self._size = 0

    def attach(self, transport: asyncio.Transport) -> None:
        """Write to this transport from now on."""
        self.transport = transport
        raw = transport.get_extra_info("socket")
        self._fd = None if raw is None or sys.platform == "win32" else raw.fileno()

    def write(self, data: bytes) -> None:
        """Hold bytes, or write them."""
        batch, held = self._batch, self._held
        if batch.is_open and not held:
            batch.add(self)
        held.append(data)
        self._size += len(data)
        if not batch.is_open or self._size > LOT:
            self.flush()

    def flush(self) -> None:
        """Write the held bytes; give up on a peer that is too far behind."""
        held = self._held
        if not held or self.transport.is_closing():
            return
        waiting = held[0] if len(held) == 1 else b"".join(held)
        self._held, self._size = [], 0
        transport = self.transport
        if self._fd is not None and not transport.get_write_buffer_size():
            try:
                written = os.write(self._fd, waiting)
            except OSError:
                written = 0  # the transport finds the cause, or waits until the peer reads
            if written == len(waiting):
                return
            waiting = waiting[written:]
        transport.write(waiting)
        if transport.get_write_buffer_size() > self._unsent:
            self._behind()
