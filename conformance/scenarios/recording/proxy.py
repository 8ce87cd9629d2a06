"""A proxy between workers and an engine that changes no byte, and records what passes through it.

Bytes, half-closes and resets are forwarded as they come, each direction at the other side's pace. A
decoder beside the pipe interprets them. If the engine cannot be reached, the worker's connection is
reset, which is the nearest to a refusal that a proxy can do.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.scenarios.recording.decoder import Decoder
from mock_engine.transcript import Accepted, Direction, Ended, Ending, Event, Transcript

CHUNK = 64 * 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)
SCHEMES = {"ws": 80, "wss": 443, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the engine is."""

    host: str
    port: int
    secure: bool = False

    @classmethod
    def of(cls, url: str) -> Upstream:
        """Read an address such as ``ws://engine:49134``.

        Raises:
            UsageError: it is not such an address.
        """
        parts = urlsplit(url if "//" in url else f"ws://{url}")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
            raise UsageError(f"--upstream {url!r}: expected an address, as in ws://127.0.0.1:49134")
        if parts.path not in ("", "/") or parts.query:
            raise UsageError(
                f"--upstream {url!r}: give host and port alone; the worker's own path and query "
                "are passed on"
            )
        return cls(parts.hostname, port or SCHEMES[parts.scheme], parts.scheme in ("wss", "https"))


@dataclass(slots=True)
class Proxy:
    """Forwards connections to ``upstream``.

    ``gone`` is called when no connection is open and a worker ended the last one: one that the
    engine ended will come back.
    """

    upstream: Upstream
    transcript: Transcript = field(default_factory=Transcript)
    warnings: list[str] = field(default_factory=list)
    gone: Callable[[], None] = lambda: None
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    _left: bool = False

    async def listen(self, host: str, port: int) -> int:
        """Accept connections; returns the port.

        Raises:
            UsageError: the port cannot be used.
        """
        try:
            self._server = await asyncio.start_server(self._accepted, host, port)
        except OSError as fault:
            raise UsageError(f"--listen {host}:{port}: {fault.strerror}") from None
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """End every connection and stop listening."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        number = self.transcript.next_connection()
        port = writer.get_extra_info("sockname")[1]
        self.transcript.add(Accepted(self.transcript.now(), number, port))
        try:
            await self._pass_on(number, reader, writer)
        finally:
            self._open.discard(task)
            if not self._open and self._left:
                self.gone()

    async def _pass_on(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        up = self.upstream
        try:
            context = ssl.create_default_context() if up.secure else None
            ahead = await asyncio.open_connection(up.host, up.port, ssl=context)
        except OSError as fault:
            self.warnings.append(f"the engine at {up.host}:{up.port}: {_told(fault)}")
            _reset(writer)
            self._ended(number, Ending.BY_ENGINE, "TCP reset")
            return
        decoder = Decoder(number, self._tell, self.warnings.append)
        ended = Once(lambda *how: self._ended(number, *how))
        worker = Pipe(reader, ahead[1], decoder, Direction.FROM_WORKER, ended)
        engine = Pipe(ahead[0], writer, decoder, Direction.FROM_ENGINE, ended)
        try:
            await asyncio.gather(worker.run(), engine.run())
        finally:
            for each in (writer, ahead[1]):
                each.close()

    def _tell(self, make: Callable[[float], Event]) -> None:
        self.transcript.add(make(self.transcript.now()))

    def _ended(self, number: int, ending: Ending, detail: str) -> None:
        self._left = ending is not Ending.BY_ENGINE
        self.transcript.add(Ended(self.transcript.now(), number, ending, detail))


@dataclass(slots=True)
class Once:
    """Reports how a connection ended: the first report counts."""

    tell: Callable[[Ending, str], None]
    _told: bool = False

    def __call__(self, ending: Ending, detail: str) -> None:
        """One direction ended."""
        if not self._told:
            self._told = True
            self.tell(ending, detail)


@dataclass(slots=True)
class Pipe:
    """One direction of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    decoder: Decoder
    direction: Direction
    ended: Once

    async def run(self) -> None:
        """Forward bytes until their sender ends, and forward that too."""
        try:
            while data := await self.reader.read(CHUNK):
                self.decoder.feed(self.direction, data)
                if not await self._write(data):
                    return
        except ConnectionError:
            self.ended(*self._ending(reset=True))
            _reset(self.writer)
            return
        self.ended(*self._ending(reset=False))
        with suppress(OSError, RuntimeError):
            if self.writer.can_write_eof():
                self.writer.write_eof()
            else:
                self.writer.close()

    async def _write(self, data: bytes) -> bool:
        """Whether the receiver is still there; its own direction reports how it ended."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            return False
        return True

    def _ending(self, *, reset: bool) -> tuple[Ending, str]:
        """How the connection ends when this direction is the first one to end."""
        if self.decoder.closing is Direction.FROM_WORKER:
            return Ending.CLOSE_FRAME, ""
        if self.direction is Direction.FROM_ENGINE:
            return Ending.BY_ENGINE, "TCP reset" if reset else "TCP end"
        return (Ending.RESET if reset else Ending.EOF), ""


def _told(fault: OSError) -> str:
    """Why the engine cannot be reached, and what to do if its certificate is not trusted."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"{fault}; SSL_CERT_FILE names a file of further certificates to trust"
    return os.strerror(fault.errno) if fault.errno else str(fault)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    writer.transport.abort()
