"""The transcript: what happened on the wire, in order. Everything else is judged by it.

Rules of this file:

* An event is a plain fact, immutable, stamped with seconds since the transcript began.
* Nothing is interpreted here; checks decide whether an event is right or wrong.
* Frames are recorded as they crossed the wire; a ``Message`` follows the last frame of a text or
  binary message, because most readers work with messages.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from websockets.frames import Opcode


class Direction(Enum):
    """The sender of a frame."""

    FROM_WORKER = "worker"
    FROM_ENGINE = "engine"


class Ending(Enum):
    """How a connection ended, seen from the engine's side of the socket."""

    CLOSE_FRAME = "the worker's close frame"
    EOF = "end of stream without a close frame"
    RESET = "TCP reset"
    MALFORMED = "bytes that are no valid WebSocket traffic"
    TOO_LARGE = "a frame or a message of more bytes than the engine takes"
    BY_ENGINE = "ended by the engine"


@dataclass(frozen=True, slots=True)
class Request:
    """The head of one HTTP request. Header names are lower case, in the order sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    http_version: str = "1.1"

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded.

        A target with a scheme and a host is valid, too (RFC 9112, section 3.2.2).
        """
        path = self.target.partition("?")[0]
        if path.startswith("/") or "://" not in path:
            return path
        return "/" + path.partition("://")[2].partition("/")[2]

    @property
    def query(self) -> str:
        """The query without its question mark, still percent-encoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the last value sent for ``name`` (any case), or ``None``."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.headers) if key == wanted), None)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. ``at`` is in seconds since the transcript began."""

    at: float
    connection: int


@dataclass(frozen=True, slots=True)
class Accepted(Event):
    """A TCP connection was accepted on ``port``."""

    port: int


@dataclass(frozen=True, slots=True)
class Requested(Event):
    """The head of an HTTP request arrived, an upgrade or a plain one."""

    request: Request


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """A request got an HTTP answer; 101 means that the connection is now a WebSocket."""

    status: int


@dataclass(frozen=True, slots=True)
class FrameSeen(Event):
    """One WebSocket frame, unmasked; ``mask`` is the key that it was masked with, if any."""

    direction: Direction
    opcode: Opcode
    fin: bool
    data: bytes
    mask: bytes = b""

    @property
    def close_code(self) -> int | None:
        """The code of a close frame; ``None`` when it carries none or is no close frame."""
        if self.opcode is not Opcode.CLOSE or len(self.data) < 2:
            return None
        return int.from_bytes(self.data[:2], "big")


@dataclass(frozen=True)
class Message(Event):
    """A complete text or binary message, joined from its fragments."""

    direction: Direction
    binary: bool
    data: bytes

    @cached_property
    def json(self) -> Any:
        """The JSON value of the message, or ``NOT_JSON``.

        ``NaN``, ``Infinity`` and a byte order mark are not JSON (RFC 8259, sections 6 and 8.1),
        although Python accepts them.
        """
        try:
            return json.loads(self.data.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return NOT_JSON

    @property
    def type(self) -> str | None:
        """The protocol message type; ``None`` if the message has none."""
        value = self.json.get("type") if isinstance(self.json, dict) else None
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The connection is gone."""

    ending: Ending
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FaultInjected(Event):
    """A fault of a schedule happened; ``fault`` describes it."""

    fault: str


class _NotJson:
    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON = _NotJson()
"""The value of a message whose bytes are not JSON text."""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


AnyEvent = TypeVar("AnyEvent", bound=Event)


class Transcript:
    """Every event of one engine in order, passed to the listeners as it happens.

    With ``keep`` false, the listeners get the events, but none is kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, keep: bool = True) -> None:
        self.keep = keep
        self._clock = clock
        self._began = clock()
        self._connections = 0
        self.events: list[Event] = []
        self.listeners: list[Callable[[Event], None]] = []

    def now(self) -> float:
        """Seconds since the transcript began."""
        return self._clock() - self._began

    def next_connection(self) -> int:
        """A new connection number, counting from one."""
        self._connections += 1
        return self._connections

    def add(self, event: Event) -> None:
        """Record ``event`` and pass it to every listener."""
        if self.keep:
            self.events.append(event)
        for listener in tuple(self.listeners):
            listener(event)

    def of(self, kind: type[AnyEvent], connection: int | None = None) -> Iterator[AnyEvent]:
        """The events of one kind, of one connection or of all connections."""
        for event in self.events:
            if isinstance(event, kind) and connection in (None, event.connection):
                yield event

    def ndjson(self) -> Iterator[str]:
        """The transcript as JSON lines, one for each event."""
        for event in self.events:
            described = describe(event)
            if described is not None:
                yield json.dumps(described, ensure_ascii=False)


def describe(event: Event) -> dict[str, Any] | None:
    """``event`` as a JSON object; ``None`` for a ``Message``, because its frames are included."""
    base: dict[str, Any] = {"at": round(event.at, 6), "connection": event.connection}
    match event:
        case Accepted(port=port):
            return base | {"event": "accepted", "port": port}
        case Requested(request=request):
            head = {"method": request.method, "target": request.target}
            return base | {"event": "request", **head, "headers": request.headers}
        case Answered(status=status):
            return base | {"event": "answer", "status": status}
        case FrameSeen():
            return base | {"event": "frame"} | _describe_frame(event)
        case Ended(ending=ending, detail=detail):
            return base | {"event": "ended", "ending": ending.name.lower(), "detail": detail}
        case FaultInjected(fault=fault):
            return base | {"event": "fault", "fault": fault}
    return None


def _describe_frame(frame: FrameSeen) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "from": frame.direction.value,
        "opcode": frame.opcode.name.lower(),
        "fin": frame.fin,
    }
    if frame.opcode is Opcode.CLOSE and len(frame.data) >= 2:
        # Not `Close.parse`: it refuses reserved codes, and a transcript tells of those, too.
        reason = frame.data[2:].decode(errors="backslashreplace")
        return fields | {"code": frame.close_code, "reason": reason}
    try:
        return fields | {"text": frame.data.decode()}
    except UnicodeDecodeError:
        return fields | {"base64": base64.b64encode(frame.data).decode()}
