"""One accepted TCP connection: HTTP/1.1 first, a WebSocket after the upgrade.

Rules of this file:

* h11 speaks HTTP and ``websockets.frames`` reads and writes frames. What stands here is only
  what a library for well-behaved servers hides: every frame seen, and every way to misbehave.
* It answers WebSocket pings, joins fragments, and ends a connection that breaks RFC 6455 without
  a close frame, as the engine does. It never pings and never answers a close frame (engine 0.23).
* ``send_raw`` writes any bytes. Nothing here prevents a test from breaking the protocol.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import cast

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from mock_engine.faults import Course, Fault
from mock_engine.transcript import (
    Accepted,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
    Request,
    Tampered,
    Transcript,
)
from mock_engine.wire.exchange import HttpExchange
from mock_engine.wire.http import Application, Response
from mock_engine.wire.limits import Limits
from mock_engine.wire.tampering import Tampering

_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """A connection as its application and a test see it."""

    def __init__(
        self,
        number: int,
        application: Application,
        *,
        limits: Limits,
        course: Course | None = None,
        refuse: Callable[[float | None], None] = lambda _: None,
        transcript: Transcript | None,
        gone: Callable[[Connection], None],
    ) -> None:
        self.id = number
        self.port = 0
        self.peer: tuple[str, int] = ("", 0)
        self.request: Request | None = None
        self.is_open = False
        self._application = application
        self.limits = limits
        self._course = course
        self._refuse = refuse
        self._tampering: Tampering | None = None
        self._transcript = transcript
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._exchange: HttpExchange | None = None
        self._made = False
        self._ended = False
        self._closing = False
        self._reader = StreamReader()
        self._parser: Generator[None, None, Frame] = self._next_frame()
        self._fragments: list[bytes] = []
        self._fragments_size = 0
        self._fragments_binary = False
        self._timer: asyncio.TimerHandle | None = None

    # -- what an application and a test do ------------------------------------------------------

    def send_text(self, text: bytes) -> None:
        """Send one text message. The bytes are not checked for UTF-8."""
        self.send_frame(Frame(Opcode.TEXT, text))

    def send_binary(self, data: bytes) -> None:
        """Send one binary message."""
        self.send_frame(Frame(Opcode.BINARY, data))

    def send_frame(self, frame: Frame) -> None:
        """Send one frame of any kind; nothing happens once the connection has ended."""
        if self._tampering is None:
            self.put(frame)
        elif not self._ended:
            self._tampering.send(frame)

    def put(self, frame: Frame) -> None:
        """Write one frame, past the faults of a schedule."""
        if self._ended:
            return
        self._note_frame(Direction.FROM_ENGINE, frame)
        self._transport.write(frame.serialize(mask=False))
        if self._transport.get_write_buffer_size() > self.limits.unsent:
            self.give_up()

    def put_fragments(self, parts: Sequence[Frame]) -> None:
        """Write one message in several frames, past the faults of a schedule."""
        if self._ended:
            return
        for part in parts:
            self._note_frame(Direction.FROM_ENGINE, part, whole=False)
            self._transport.write(part.serialize(mask=False))
        binary = parts[0].opcode is Opcode.BINARY
        data = b"".join(bytes(part.data) for part in parts)
        self._note(lambda at: Message(at, self.id, Direction.FROM_ENGINE, binary, data))

    def give_up(self) -> None:
        """End a connection whose peer does not read."""
        if not self._ended:
            self._end(Ending.BY_ENGINE, "the peer does not read")
            self._transport.abort()

    def send_raw(self, data: bytes) -> None:
        """Write bytes to the TCP stream as they are."""
        if not self._ended:
            self._transport.write(data)

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame, then end the connection when the peer answers or time is up."""
        if self._ended or self._closing:
            return
        payload = b"" if code is None else Close(code, reason).serialize()
        self.send_frame(Frame(Opcode.CLOSE, payload))
        self._closing = True
        self._after(self.limits.close_time, self.cut)

    def cut(self) -> None:
        """End the TCP connection without a close frame, after what is queued was sent."""
        if not self._ended:
            self._end(Ending.BY_ENGINE, "TCP end")
            if self._made:
                self._transport.close()

    def end_sending(self) -> None:
        """End this side of the TCP stream alone: the peer sees it end, and may still send."""
        if not self._ended:
            self._transport.write_eof()

    def reset(self) -> None:
        """End the TCP connection with a reset, losing what is queued."""
        if self._ended:
            return
        self._end(Ending.BY_ENGINE, "TCP reset")
        self._linger_zero()
        self._transport.abort()

    def suffer(self, fault: Fault, lasts: float | None = None) -> None:
        """Let a fault happen to the connection now, for some seconds if it is one that lasts.

        Raises:
            ValueError: it is one of frames or of upgrades, which needs a schedule.
        """
        self._tampered().suffer(fault, lasts)

    def follow(self, course: Course) -> None:
        """Follow a fault schedule from now on, instead of the one before."""
        self._tampered().replace(course)

    def _tampered(self) -> Tampering:
        if self._tampering is None:
            self._tampering = Tampering(self, self._course or Course(()), self._refuse)
        return self._tampering

    def pause_reading(self) -> None:
        """Stop taking bytes from the socket, so that the peer's sends pile up."""
        if self._made and not self._ended:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes from the socket again."""
        if self._made and not self._ended:
            self._transport.resume_reading()

    @property
    def has_ended(self) -> bool:
        """Whether the connection is gone, or about to be."""
        return self._ended

    # -- asyncio.Protocol -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the connection in, unless a fault prevents it."""
        self._transport = cast("asyncio.Transport", transport)
        self._made = True
        if self._ended:  # cut by a listener that stopped between the accept and now
            self._transport.abort()
            return
        self.peer = tuple((transport.get_extra_info("peername") or ("", 0))[:2])
        self.port = (transport.get_extra_info("sockname") or ("", 0))[1]
        self._note(lambda at: Accepted(at, self.id, self.port))
        if self._course is not None and not self._tampered().accepted():
            return
        self._exchange = HttpExchange(self, self._application, self.limits)
        self._after(self.limits.request_time, self._request_timed_out)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the protocol spoken at present."""
        if self._ended:
            return
        if self._tampering is not None:
            self._tampering.read(len(data))
        if self.is_open:
            self._read_frames(data)
        elif self._exchange is not None:
            self._exchange.feed(data)

    def eof_received(self) -> bool:
        """The peer ended its side."""
        self._end(Ending.EOF)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection is gone; tell why, unless that is known already."""
        self._end(Ending.RESET if exc else Ending.EOF, str(exc or ""))
        self._gone(self)

    # -- from HTTP to WebSocket ------------------------------------------------------------------

    def write_http(self, data: bytes) -> None:
        """Write the bytes of an HTTP answer."""
        self.send_raw(data)

    def request_complete(self) -> None:
        """The head of a request is in: the time limit for it is over."""
        self._cancel_timer()

    def may_upgrade(self, request: Request) -> bool | Response:
        """Whether an upgrade goes on, or the answer with which a fault refuses it."""
        return self._tampering is None or self._tampering.requested(request.path)

    def become_websocket(self, trailing: bytes) -> None:
        """The upgrade is answered: from here on the bytes are frames."""
        self._exchange = None
        self.is_open = True
        if self._tampering is not None:
            self._tampering.opened()
        if not self.is_open:
            return
        self._application.opened(self)
        if trailing:
            self._read_frames(trailing)

    # -- frames ----------------------------------------------------------------------------------

    def _next_frame(self) -> Generator[None, None, Frame]:
        return Frame.parse(self._reader.read_exact, mask=True, max_size=self.limits.frame)

    def _read_frames(self, data: bytes) -> None:
        self._reader.feed_data(data)
        try:
            while not self._ended:
                try:
                    next(self._parser)
                except StopIteration as complete:
                    self._parser = self._next_frame()
                    self._take(complete.value)
                else:
                    return
        except (PayloadTooBig, ProtocolError) as broken:
            self._break(str(broken))

    def _take(self, frame: Frame) -> None:
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise ProtocolError("a reserved bit is set, but no extension was agreed on")
        self._note_frame(Direction.FROM_WORKER, frame)
        if frame.opcode is Opcode.PING:
            self.send_frame(Frame(Opcode.PONG, frame.data))
        elif frame.opcode is Opcode.CLOSE:
            self._take_close(frame)
        elif frame.opcode is not Opcode.PONG:
            self._take_data(frame)

    def _take_close(self, frame: Frame) -> None:
        Close.parse(frame.data)
        self._end(Ending.BY_ENGINE if self._closing else Ending.CLOSE_FRAME)
        self._transport.close()

    def _take_data(self, frame: Frame) -> None:
        starts = frame.opcode is not Opcode.CONT
        if starts == bool(self._fragments):
            raise ProtocolError("a continuation frame is missing or has nothing to continue")
        data = bytes(frame.data)
        if starts:
            self._fragments_binary = frame.opcode is Opcode.BINARY
        if starts and frame.fin:
            self._deliver(data)
            return
        self._fragments.append(data)
        self._fragments_size += len(data)
        if self._fragments_size > self.limits.message:
            raise PayloadTooBig(self._fragments_size, self.limits.message)
        if frame.fin:
            whole = b"".join(self._fragments)
            self._fragments, self._fragments_size = [], 0
            self._deliver(whole)

    def _deliver(self, data: bytes) -> None:
        binary = self._fragments_binary
        if not binary:
            try:
                data.decode()
            except UnicodeDecodeError:
                raise ProtocolError("a text message is not UTF-8") from None
        self._note(lambda at: Message(at, self.id, Direction.FROM_WORKER, binary, data))
        if self._tampering is not None and not self._tampering.received(data):
            return
        self._application.received(self, data, binary)

    # -- the end ---------------------------------------------------------------------------------

    def _break(self, why: str) -> None:
        self._end(Ending.MALFORMED, why)
        self._transport.abort()

    def _end(self, ending: Ending, detail: str = "") -> None:
        if self._ended:
            return
        self._ended = True
        self._cancel_timer()
        self._note(lambda at: Ended(at, self.id, ending, detail))
        if self._tampering is not None:
            self._tampering.ended()
        if self._exchange is not None:
            self._exchange.abandon()
        if self.is_open:
            self.is_open = False
            self._application.closed(self)

    def _request_timed_out(self) -> None:
        self._break("no complete request in time")

    def _linger_zero(self) -> None:
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)

    # -- notes and time --------------------------------------------------------------------------

    def note(self, make: Callable[[float], Event]) -> None:
        """Record the event that ``make`` builds from the time, in seconds."""
        self._note(make)

    def note_fault(self, fault: str) -> None:
        """Record that a fault happens here; ``fault`` tells which, in words."""
        self._note(lambda at: Tampered(at, self.id, fault))

    def _note(self, make: Callable[[float], Event]) -> None:
        if self._transcript is not None:
            self._transcript.add(make(self._transcript.now()))

    def _note_frame(self, direction: Direction, frame: Frame, *, whole: bool = True) -> None:
        if self._transcript is None:
            return
        at = self._transcript.now()
        data = bytes(frame.data)
        self._transcript.add(FrameSeen(at, self.id, direction, frame.opcode, frame.fin, data))
        sends = whole and direction is Direction.FROM_ENGINE
        if sends and frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            binary = frame.opcode is Opcode.BINARY
            self._transcript.add(Message(at, self.id, direction, binary, data))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._cancel_timer()
        self._timer = self._loop.call_later(seconds, act)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
