"""One accepted TCP connection: HTTP/1.1 first, a WebSocket after the upgrade.

Rules of this file:

* h11 handles HTTP, ``frames`` reads and writes frames. This file adds what a library for
  well-behaved servers hides: access to every frame, and every way to misbehave.
* Bytes sent while a chunk of input is handled are written at the end of that turn.
* It answers WebSocket pings, joins fragments, and ends a connection that breaks RFC 6455 without a
  close frame, as the engine does. It never pings, and answers close frames only where an
  application asks for it (engine 0.23).
* ``send_raw`` writes any bytes. Nothing here prevents a test from breaking the protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Literal, cast

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Close

from mock_engine.faults import Course, Fault
from mock_engine.transcript import (
    Accepted,
    Ended,
    Ending,
    Event,
    FaultInjected,
    Request,
    Transcript,
)
from mock_engine.wire.application import ApplicationOf
from mock_engine.wire.batch import Batch
from mock_engine.wire.deadline import Deadline
from mock_engine.wire.exchange import HttpExchange
from mock_engine.wire.fault_injector import FaultInjector
from mock_engine.wire.fragments import Fragments
from mock_engine.wire.frames import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    Frame,
    FrameReader,
    text_frame,
)
from mock_engine.wire.handshakes import handshake_fault
from mock_engine.wire.limits import Limits
from mock_engine.wire.outbox import Outbox
from mock_engine.wire.recorder import Recorder
from mock_engine.wire.responses import Response
from mock_engine.wire.sockets import cork, reset_on_close, uncork


class Connection(asyncio.Protocol):
    """A connection as its application and a test see it.

    ``answers_close`` is whether a close frame is answered with the same one; ``close_delay`` is the
    time in seconds until the TCP connection is ended after that. ``admission`` is awaited before an
    upgrade that the application accepts is answered.
    """

    def __init__(
        self,
        number: int,
        application: ApplicationOf[Connection],
        *,
        limits: Limits,
        course: Course | None = None,
        refuse: Callable[[float | None], None] = lambda _: None,
        transcript: Transcript | None,
        batch: Batch,
        gone: Callable[[Connection], None],
    ) -> None:
        self.id = number
        self.port = 0
        self.peer: tuple[str, int] = ("", 0)
        self.request: Request | None = None
        self.is_open = False
        self.answers_close = False
        self.close_delay = 0.0
        self.admission: Awaitable[None] | None = None
        self._application = application
        self.limits = limits
        self._course = course
        self._refuse = refuse
        self._injector: FaultInjector | None = None
        self._recorder = None if transcript is None else Recorder(transcript, number)
        self._batch = batch
        self._gone = gone
        self._transport: asyncio.Transport
        self._exchange: HttpExchange | None = None
        self._made = False
        self._ended = False
        self._served = False
        self._closing = False
        self._reader = FrameReader(limits.frame)
        self._fragments = Fragments(limits.message)
        self._outbox = Outbox(batch, limits.unsent, self.give_up)
        self._deadline = Deadline()

    # -- for applications and tests --------------------------------------------------------------

    def send_text(self, text: bytes) -> None:
        """Send one text message. The bytes are not checked for UTF-8."""
        if self._injector is not None or self._recorder is not None:
            self.send_frame(Frame(TEXT, text))
        elif not self._ended:
            self._outbox.write(text_frame(text))

    def send_binary(self, data: bytes) -> None:
        """Send one binary message."""
        self.send_frame(Frame(BINARY, data))

    def send_frame(self, frame: Frame) -> None:
        """Send one frame of any kind; nothing happens once the connection has ended."""
        if self._injector is None:
            self.put(frame)
        elif not self._ended:
            self._injector.send(frame)

    def put(self, frame: Frame) -> None:
        """Write one frame, bypassing the faults of a schedule."""
        if self._ended:
            return
        if self._recorder is not None:
            self._recorder.sent(frame)
        self.send_raw(frame.serialize())

    def put_fragments(self, parts: Sequence[Frame]) -> None:
        """Write one message in several frames, bypassing the faults of a schedule."""
        if self._ended:
            return
        if self._recorder is not None:
            self._recorder.sent_in_parts(parts)
        self.send_raw(b"".join(part.serialize() for part in parts))

    def give_up(self) -> None:
        """End a connection whose peer does not read."""
        if not self._ended:
            self._end(Ending.BY_ENGINE, "the peer does not read")
            self._transport.abort()

    def send_raw(self, data: bytes) -> None:
        """Write bytes to the TCP stream as they are."""
        if not self._ended:
            self._outbox.write(data)

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame, then end the connection when the peer answers or time is up."""
        if self._ended or self._closing:
            return
        payload = b"" if code is None else Close(code, reason).serialize()
        self.send_frame(Frame(CLOSE, payload))
        self._closing = True
        self._deadline.set(self.limits.close_time, self.cut)

    def end(self, code: int | None = None) -> None:
        """Send a close frame and end the connection without waiting for the answer."""
        self.close(code)
        self.cut()

    def cork(self) -> None:
        """Let what is sent from now on arrive together with the end of the connection."""
        if self._made and not self._ended:
            cork(self._transport)

    def cut(self) -> None:
        """End the TCP connection without a close frame, after the queued bytes were sent."""
        if not self._ended:
            self._end(Ending.BY_ENGINE, "TCP end")
            if self._made:
                self._hang_up()

    def end_sending(self) -> None:
        """Close this side of the TCP stream only: the peer sees its end, and may still send."""
        if not self._ended:
            self._outbox.flush()
            self._transport.write_eof()

    def reset(self) -> None:
        """Reset the TCP connection; queued bytes are lost."""
        if self._ended:
            return
        self._end(Ending.BY_ENGINE, "TCP reset")
        self._outbox.flush()
        uncork(self._transport)
        reset_on_close(self._transport)
        self._transport.abort()

    def inject(self, fault: Fault, lasts: float | None = None) -> None:
        """Cause a fault on the connection now, for some seconds if it is one that lasts.

        Raises:
            ValueError: the fault is one of frames or of upgrades, which needs a schedule.
        """
        self._fault_injector().inject(fault, lasts)

    def follow(self, course: Course) -> None:
        """Follow a fault schedule from now on, instead of the previous one."""
        self._fault_injector().replace(course)

    def _fault_injector(self) -> FaultInjector:
        if self._injector is None:
            self._injector = FaultInjector(self, self._course or Course(()), self._refuse)
        return self._injector

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
        """Accept the connection, unless a fault prevents it."""
        self._transport = cast("asyncio.Transport", transport)
        self._outbox.attach(self._transport)
        self._made = True
        if self._ended:  # cut by a listener that stopped in the meantime
            self._transport.abort()
            return
        self.peer = tuple((transport.get_extra_info("peername") or ("", 0))[:2])
        self.port = (transport.get_extra_info("sockname") or ("", 0))[1]
        self.note(lambda at: Accepted(at, self.id, self.port))
        if self._course is not None and not self._fault_injector().accepted():
            return
        self._exchange = HttpExchange(self, self.limits)
        self.await_request(self.limits.request_time)

    def data_received(self, data: bytes) -> None:
        """Pass bytes to the protocol in use."""
        if self._ended:
            return
        if self._injector is not None:
            self._injector.read(len(data))
        if self.is_open:
            self._read_frames(data)
        elif self._exchange is not None:
            self._exchange.feed(data)

    def eof_received(self) -> bool:
        """The peer ended its side."""
        self._end(Ending.EOF)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection is gone; record the reason, unless it is recorded already."""
        self._end(Ending.RESET if exc else Ending.EOF, str(exc or ""))
        self._deadline.lift()
        self._gone(self)

    # -- from HTTP to WebSocket ------------------------------------------------------------------

    def write_http(self, data: bytes) -> None:
        """Write the bytes of an HTTP answer."""
        self.send_raw(data)

    def await_request(self, seconds: float) -> None:
        """Limit the time for the peer to send a request, or the rest of it."""
        why = "no complete request in time"
        self._deadline.set(seconds, partial(self._break, Ending.MALFORMED, why))

    def request_complete(self) -> None:
        """A request is complete: its time limit ends."""
        self._deadline.lift()

    def upgrade(self, request: Request) -> Response | Literal[False] | None:
        """Accept an upgrade with ``None``, refuse it, or leave it unanswered with ``False``."""
        if self._injector is not None:
            decision = self._injector.requested(request.path)
            if decision is not None:
                return decision
            self.cork()  # a fault at `open` comes together with the answer
        return handshake_fault(request) or self._application.upgrade(self)

    async def respond(self, request: Request, body: bytes) -> Response:
        """Have the application answer a plain request."""
        return await self._application.respond(self, request, body)

    def become_websocket(self, trailing: bytes) -> None:
        """The upgrade is answered: from here on the bytes are frames."""
        self._exchange = None
        self.is_open = True
        if self._injector is not None:
            self._injector.opened()
        if not self.is_open:
            return
        if self._injector is not None:
            uncork(self._transport)
        self._served = True
        self._application.opened(self)
        if trailing:
            self._read_frames(trailing)

    # -- frames ----------------------------------------------------------------------------------

    def _read_frames(self, data: bytes) -> None:
        self._batch.begin()
        try:
            if self._recorder is None and self._fragments.begun is None:
                texts, data = self._reader.texts(data)
                for text in texts:
                    self._deliver(text, binary=False)
                    if self._ended:
                        return
                if not data:
                    return
            frames = self._reader.read(data)
            for frame in frames:
                self._take(frame)
                if self._ended:
                    if frame.opcode is CLOSE and self._recorder is not None:
                        # A peer sends no data after that (RFC 6455, 5.5.1); one that did is told.
                        self._recorder.overheard(frames)
                    return
        except PayloadTooBig as broken:
            self._break(Ending.TOO_LARGE, str(broken))
        except (ProtocolError, UnicodeDecodeError) as broken:
            self._break(Ending.MALFORMED, str(broken))
        finally:
            self._batch.end()

    def _take(self, frame: Frame) -> None:
        if self._recorder is not None:
            self._recorder.seen(frame)
        if frame.opcode in (TEXT, BINARY, CONT):
            self._take_data(frame)
        elif frame.opcode is PING:
            self.send_frame(Frame(PONG, frame.data))
        elif frame.opcode is CLOSE:
            self._take_close(frame)

    def _take_close(self, frame: Frame) -> None:
        Close.parse(frame.data)
        if self.answers_close and not self._closing:
            self.send_frame(Frame(CLOSE, frame.data))
        self._end(Ending.BY_ENGINE if self._closing else Ending.CLOSE_FRAME)
        if self.close_delay and not self._closing:
            self._deadline.set(self.close_delay, self._transport.abort)
        else:
            self._hang_up()

    def _take_data(self, frame: Frame) -> None:
        if frame.fin and frame.opcode is not CONT and self._fragments.begun is None:
            self._deliver(frame.data, binary=frame.opcode is BINARY)
            return
        whole = self._fragments.join(frame)
        if whole is not None:
            self._deliver(whole[0], binary=whole[1])

    def _deliver(self, data: bytes, *, binary: bool) -> None:
        if not (binary or data.isascii()):
            data.decode()
        if self._recorder is not None:
            self._recorder.heard(binary, data)
        if self._injector is not None and not self._injector.received(data):
            return
        self._application.received(self, data, binary)

    # -- the end ---------------------------------------------------------------------------------

    def _hang_up(self) -> None:
        """End the TCP connection once everything is sent, or when the peer takes too long."""
        self._outbox.flush()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._deadline.set(self.limits.close_time, self._transport.abort)

    def _break(self, ending: Ending, why: str) -> None:
        self._end(ending, why)
        self._transport.abort()

    def _end(self, ending: Ending, detail: str = "") -> None:
        if self._ended:
            return
        self._ended = True
        self._deadline.lift()
        self.note(lambda at: Ended(at, self.id, ending, detail))
        if self._injector is not None:
            self._injector.ended()
        if self._exchange is not None:
            self._exchange.abandon()
        self.is_open = False
        if self._served:
            self._application.closed(self)

    # -- recording and time ----------------------------------------------------------------------

    def note(self, make: Callable[[float], Event]) -> None:
        """Record the event that ``make`` builds from the time, in seconds."""
        if self._recorder is not None:
            self._recorder.add(make)

    def note_fault(self, fault: str) -> None:
        """Record that a fault acts; ``fault`` describes it."""
        self.note(lambda at: FaultInjected(at, self.id, fault))


Application = ApplicationOf[Connection]
"""The application that a listener serves."""
