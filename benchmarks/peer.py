"""A minimal WebSocket peer that is never the bottleneck of a measurement.

A library's client costs more per message than the engine that it measures. This one masks its
frames with zeros, which leaves a payload unchanged (RFC 6455, 5.3), and understands only what an
engine sends: complete text frames, pings, and the end. It can also be the server of another such
peer, to show what a measurement yields without an engine in between.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from websockets.utils import accept_key

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED, LENGTH, ZEROS = 0x80, 0x80, 0x7F, b"\0\0\0\0"
SHORT, TWO_BYTES, EIGHT_BYTES = 126, 126, 127


class Peer(asyncio.Protocol):
    """A connection; ``heard`` gets the payload of each text frame. ``host`` is the server."""

    def __init__(self, heard: Callable[[bytes], None], host: str | None = None) -> None:
        self._host = host
        self._heard = heard
        self._masked, self._mask = (0, b"") if host is None else (MASKED, ZEROS)
        self._buffer = b""
        self._reading = False
        self._unsent: list[bytes] = []
        self._upgraded = False
        self._transport: asyncio.Transport
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def connect(cls, url: str, heard: Callable[[bytes], None]) -> Peer:
        """Connect to ``ws://host:port``.

        Raises:
            OSError: nothing listens there.
            ConnectionError: the upgrade was refused.
        """
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        host, port = parts.hostname or "127.0.0.1", parts.port or 49134
        _, peer = await loop.create_connection(lambda: cls(heard, f"{host}:{port}"), host, port)
        await peer.ready
        return peer

    def send(self, payload: bytes) -> None:
        """Send a text frame; frames sent while a chunk is read are written together at its end."""
        self._send(TEXT, payload)

    def close(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    async def end(self) -> None:
        """Drop the connection, and wait until it is gone."""
        self.close()
        await self.over

    def _send(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        if size < SHORT:
            head = bytes((FINAL | opcode, self._masked | size))
        elif size < 1 << 16:
            head = struct.pack("!BBH", FINAL | opcode, self._masked | TWO_BYTES, size)
        else:
            head = struct.pack("!BBQ", FINAL | opcode, self._masked | EIGHT_BYTES, size)
        self._unsent += (head, self._mask, payload)
        if not self._reading:
            self.flush()

    def flush(self) -> None:
        """Write the held frames."""
        self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Request the upgrade, or wait for its request."""
        # uvloop's transports do not inherit from asyncio's
        self._transport = cast("asyncio.Transport", transport)
        if self._host is None:
            return
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET / HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Process the received bytes, frame by frame."""
        self._buffer += data
        if not self._upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if self._host is None:
                self._accept(head)
            elif b" 101 " not in head.split(b"\r\n")[0]:
                self.ready.set_exception(ConnectionError(f"upgrade refused: {head[:80]!r}"))
                return
            self._upgraded, self._buffer = True, rest
            self.ready.set_result(None)
        self._reading = True
        self._frames()
        self._reading = False
        if self._unsent:
            self.flush()

    def _accept(self, head: bytes) -> None:
        key = head.lower().index(b"sec-websocket-key:") + len("sec-websocket-key:")
        accept = accept_key(head[key:].split(b"\r\n")[0].strip().decode())
        self._transport.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )

    def _frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            masked, size, start = buffer[at + 1] & MASKED, buffer[at + 1] & LENGTH, at + 2
            if size == TWO_BYTES:
                if len(buffer) < at + 4:
                    break
                size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif size == EIGHT_BYTES:
                if len(buffer) < at + 10:
                    break
                size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if masked:
                start += len(ZEROS)
            if len(buffer) < start + size:
                break
            self._frame(buffer[at] & 0x0F, buffer[start : start + size])
            at = start + size
        self._buffer = buffer[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._heard(payload)
        elif opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Signal the end of the connection."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"the connection ended: {exc}"))
        if not self.over.done():
            self.over.set_result(None)
