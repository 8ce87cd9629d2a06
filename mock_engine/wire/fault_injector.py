"""The fault injector: applies the faults of a schedule to one connection.

Rules of this file:

* ``faults.course`` decides what happens; this file carries it out with the connection's methods.
* Everything that the engine sends passes through one queue, so that a delay or a half-open
  connection keeps the order of everything behind it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, Protocol

from websockets.frames import Opcode

from mock_engine.faults import (
    Close,
    Course,
    Delay,
    Duplicate,
    End,
    Fault,
    FrameFault,
    HalfOpen,
    Inject,
    Malform,
    Refuse,
    Reject,
    Reset,
    Rule,
    SlowReads,
    Split,
    Stall,
    Swallow,
    fault_text,
)
from mock_engine.transcript import Request
from mock_engine.wire.frames import Frame
from mock_engine.wire.limits import Limits
from mock_engine.wire.malformed import fragments, malformed
from mock_engine.wire.responses import Response

MESSAGES = (Opcode.TEXT, Opcode.BINARY)


class FaultTarget(Protocol):
    """The connection that the faults act on."""

    id: int
    request: Request | None
    is_open: bool
    limits: Limits

    @property
    def has_ended(self) -> bool:
        """Whether the connection is gone."""

    def put(self, frame: Frame) -> None:
        """Write one frame."""

    def put_fragments(self, parts: Sequence[Frame]) -> None:
        """Write one message in several frames."""

    def send_raw(self, data: bytes) -> None:
        """Write any bytes."""

    def note_fault(self, fault: str) -> None:
        """Record that a fault acts."""

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame and end the connection."""

    def cut(self) -> None:
        """End the connection without a close frame."""

    def reset(self) -> None:
        """End the connection with a TCP reset."""

    def give_up(self) -> None:
        """End a connection whose peer does not read."""

    def pause_reading(self) -> None:
        """Stop taking bytes from the socket."""

    def resume_reading(self) -> None:
        """Take bytes from the socket again."""


class FaultInjector:
    """The faults of one connection. ``refuse`` closes the port for some seconds, or for good."""

    def __init__(
        self, connection: FaultTarget, course: Course, refuse: Callable[[float | None], None]
    ) -> None:
        self._connection = connection
        self._course = course
        self._refuse = refuse
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._queue: deque[tuple[float, int, Callable[[], None]]] = deque()
        self._queued = 0
        self._drain_at: asyncio.TimerHandle | None = None
        self._early: list[Rule] = []
        self._dead = False
        self._rate: int | None = None
        self._stalled = False

    # -- events of the connection ----------------------------------------------------------------

    def found(self) -> None:
        """The schedule begins while the connection is already open."""
        request = self._connection.request
        path = request.path if request is not None else None
        self._time()
        self._apply(self._course.found(self._connection.id, path))

    def accepted(self) -> bool:
        """The connection was accepted; return whether it continues."""
        self._time()
        self._apply(self._course.accepted(self._connection.id))
        return self._goes_on()

    def requested(self, path: str) -> Response | Literal[False] | None:
        """Refuse an upgrade, leave it unanswered with ``False``, or continue with ``None``."""
        acting = self._course.requested(self._connection.id, path)
        for rule in acting:
            if isinstance(rule.fault, Reject):
                self._connection.note_fault(fault_text(rule.fault))
                return Response(rule.fault.status)
        self._apply(acting)
        return None if self._goes_on() else False

    def opened(self) -> None:
        """The WebSocket is open."""
        early, self._early = self._early, []
        self._apply([*self._course.opened(self._connection.id), *early])

    def received(self, data: bytes) -> bool:
        """A message arrived; return whether the engine gets it."""
        self._apply(self._course.received(self._connection.id, partial(message_type, data)))
        return self._connection.is_open

    def read(self, size: int) -> None:
        """So many bytes were read."""
        if self._rate is not None:
            self._connection.pause_reading()
            self._later(size / self._rate, self._resume_reading)

    def send(self, frame: Frame) -> None:
        """The engine sends a frame."""
        if frame.opcode not in MESSAGES:
            self._pass(partial(self._connection.put, frame))
            return
        kind = partial(message_type, frame.data)
        acting = self._course.sent(self._connection.id, kind)
        self._send([rule.fault for rule in acting if isinstance(rule.fault, FrameFault)], frame)
        for rule in acting:
            if not isinstance(rule.fault, FrameFault):
                self._pass(partial(self.inject, rule.fault, rule.lasts))

    def ended(self) -> None:
        """The connection is gone."""
        self._course.ended(self._connection.id)
        for timer in self._timers:
            timer.cancel()
        if self._drain_at is not None:
            self._drain_at.cancel()

    def replace(self, course: Course) -> None:
        """Follow another schedule from now on; lasting faults of the earlier one end."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._course = course
        self._revive()
        self._rate = None
        self._connection.resume_reading()
        self.found()

    # -- faults ----------------------------------------------------------------------------------

    def inject(self, fault: Fault, lasts: float | None = None) -> None:
        """Cause a fault now, for some seconds if it is one that lasts.

        Raises:
            ValueError: the fault is one of frames or of upgrades, which needs a schedule.
        """
        if isinstance(fault, FrameFault | Reject):
            raise ValueError(  # noqa: TRY004 - a fault, but not one for this
                f"`{fault.name}` does not happen to a connection; put it in a schedule"
            )
        connection = self._connection
        connection.note_fault(fault_text(fault))
        match fault:
            case Refuse():
                self._refuse(lasts)
            case Stall():
                self._stalled = True
            case Close(code=code, reason=reason) if connection.is_open:
                connection.close(code, reason)
            case Close() | End():
                connection.cut()
            case Reset():
                connection.reset()
            case HalfOpen():
                self._die(lasts)
            case SlowReads(rate=rate):
                self._slow(rate, lasts)
            case Inject(text=text, hex=digits):
                whole = Frame(Opcode.BINARY, bytes.fromhex(digits or ""))
                frame = whole if text is None else Frame(Opcode.TEXT, text.encode())
                self._pass(partial(connection.put, frame))

    def _send(self, faults: list[FrameFault], frame: Frame) -> None:
        """Queue a frame in the form that its faults leave it in."""
        put: Callable[[], None] = partial(self._connection.put, frame)
        delay, copies = 0.0, 1
        for fault in faults:
            self._connection.note_fault(fault_text(fault))
            match fault:
                case Delay(seconds=seconds):
                    delay += seconds
                case Duplicate(copies=count):
                    copies = count
                case Split(size=size):
                    put = partial(self._connection.put_fragments, fragments(frame, size))
                case Malform(defect=defect):
                    put = partial(self._connection.send_raw, malformed(frame, defect))
                case Swallow():
                    copies = 0
        for _ in range(copies):
            self._pass(put, delay, len(frame.data))

    def _apply(self, rules: list[Rule]) -> None:
        for rule in rules:
            self.inject(rule.fault, rule.lasts)

    def _goes_on(self) -> bool:
        return not (self._stalled or self._connection.has_ended)

    # -- the sending queue ------------------------------------------------------------------------

    def _pass(self, act: Callable[[], None], delay: float = 0.0, size: int = 0) -> None:
        self._queue.append((self._loop.time() + delay, size, act))
        self._queued += size
        self._drain()
        if self._queued > self._connection.limits.unsent:
            self._connection.give_up()

    def _drain(self) -> None:
        now = self._loop.time()
        while self._queue and not self._dead and self._queue[0][0] <= now:
            _, size, act = self._queue.popleft()
            self._queued -= size
            act()
        if self._queue and not self._dead and self._drain_at is None:
            self._drain_at = self._loop.call_at(self._queue[0][0], self._drain_later)

    def _drain_later(self) -> None:
        self._drain_at = None
        self._drain()

    # -- lasting faults ---------------------------------------------------------------------------

    def _die(self, lasts: float | None) -> None:
        self._dead = True
        self._connection.pause_reading()
        if lasts is not None:
            self._later(lasts, self._revive)

    def _revive(self) -> None:
        self._dead = False
        self._connection.resume_reading()
        self._drain()

    def _slow(self, rate: int, lasts: float | None) -> None:
        self._rate = rate
        if lasts is not None:
            self._later(lasts, self._quicken)

    def _quicken(self) -> None:
        self._rate = None

    def _resume_reading(self) -> None:
        if not self._dead:
            self._connection.resume_reading()

    def _time(self) -> None:
        for seconds, rule in self._course.later():
            self._later(seconds, partial(self._due, rule))

    def _due(self, rule: Rule) -> None:
        if not self._course.due(self._connection.id, rule):
            return
        if isinstance(rule.fault, Inject) and not self._connection.is_open:
            self._early.append(rule)  # frames follow the answer to the upgrade
            return
        self.inject(rule.fault, rule.lasts)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        now = self._loop.time()
        self._timers = [timer for timer in self._timers if timer.when() > now]
        self._timers.append(self._loop.call_later(seconds, act))


def message_type(data: bytes) -> str | None:
    """The protocol type of a message; ``None`` if the message has none."""
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None
