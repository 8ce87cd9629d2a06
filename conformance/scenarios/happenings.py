"""What a scenario can see happen: one form for messages, frames, connections, exits and answers.

Each happening has a *kind*, a *source* within that kind (a connection's number, a process's or an
answer's name), and a JSON value that patterns are matched with:

| kind     | source     | value                                                          |
|----------|------------|----------------------------------------------------------------|
| message  | connection | the JSON message of a worker                                   |
| frame    | connection | {opcode, fin, text or base64, code and reason of a close frame} |
| connects | connection | {path, query, headers, port} of the upgrade request             |
| dials    | connection | the same, of any request, answered or not                      |
| leaves   | connection | {how, code}                                                    |
| exits    | process    | the exit code                                                  |
| answers  | request    | {status, headers, body}, {result}, {error} or {failure}         |
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Opcode

from conformance.scenarios.patterns.json_values import ABSENT
from conformance.trials.conversation import is_telemetry
from mock_engine.paths import CHANNELS, TELEMETRY
from mock_engine.transcript import (
    NOT_JSON,
    Accepted,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
    Requested,
)

HOW = {
    Ending.CLOSE_FRAME: "close-frame",
    Ending.EOF: "end",
    Ending.RESET: "reset",
    Ending.MALFORMED: "malformed",
    Ending.TOO_LARGE: "malformed",
    Ending.BY_ENGINE: "by-engine",
}
"""How a connection ended, in the terms of a scenario."""

CONTINUATION = "continuation"
"""The opcode of the further fragments of a message."""

Source = int | str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a worker did, or an answer that came. ``at`` is in seconds.

    ``first`` is whether it is the first message of its connection.
    """

    at: float
    kind: str
    source: Source
    value: Any
    first: bool = False


class Observer:
    """Turns the events of a transcript into happenings.

    A connection is a worker's from its first message on that is not telemetry; what came on it
    before is passed on then. For telemetry and the ends of channels only the request is passed on.
    """

    def __init__(self) -> None:
        self._requests: dict[int, dict[str, Any]] = {}
        self._ports: dict[int, int] = {}
        self._workers: set[int] = set()
        self._others: set[int] = set()
        self._early: dict[int, list[Happening]] = {}
        self._codes: dict[int, int | None] = {}

    def see(self, event: Event) -> Iterator[Happening]:
        """Pass on what an event means."""
        number = event.connection
        match event:
            case Accepted(port=port):
                self._ports[number] = port
            case Requested():
                value = _request(event) | {"port": self._ports.get(number, 0)}
                self._requests.setdefault(number, value)
                if value["path"] == TELEMETRY or value["path"].startswith(CHANNELS):
                    self._others.add(number)
                yield Happening(event.at, "dials", number, value)
            case _ if number in self._others:
                return
            case FrameSeen(direction=Direction.FROM_WORKER):
                yield from self._frame(event)
            case Message(direction=Direction.FROM_WORKER) if not is_telemetry(event):
                yield from self._message(event)
            case Ended() if number in self._workers:
                value = {"how": HOW[event.ending], "code": self._codes.get(number)}
                yield Happening(event.at, "leaves", number, value)

    def _frame(self, event: FrameSeen) -> Iterator[Happening]:
        number = event.connection
        if event.opcode is Opcode.CLOSE:
            self._codes[number] = event.close_code
        seen = Happening(event.at, "frame", number, describe_frame(event))
        if number in self._workers:
            yield seen
        else:
            self._early.setdefault(number, []).append(seen)

    def _message(self, event: Message) -> Iterator[Happening]:
        number = event.connection
        first = number not in self._workers
        if first:
            self._workers.add(number)
            yield Happening(event.at, "connects", number, self._requests.get(number, {}))
            yield from self._early.pop(number, ())
        value = event.json if event.json is not NOT_JSON else ABSENT
        yield Happening(event.at, "message", number, value, first)


def describe_frame(frame: FrameSeen) -> dict[str, Any]:
    """A frame as a JSON value."""
    opcode = CONTINUATION if frame.opcode is Opcode.CONT else frame.opcode.name.lower()
    value: dict[str, Any] = {"opcode": opcode, "fin": frame.fin}
    if frame.opcode is Opcode.CLOSE:
        try:
            close = Close.parse(frame.data)
        except (ProtocolError, UnicodeDecodeError):
            return value | {"base64": base64.b64encode(frame.data).decode()}
        return value | {"code": frame.close_code, "reason": close.reason}
    try:
        return value | {"text": frame.data.decode()}
    except UnicodeDecodeError:
        return value | {"base64": base64.b64encode(frame.data).decode()}


def _request(event: Requested) -> dict[str, Any]:
    request = event.request
    return {
        "path": request.path,
        "query": dict(parse_qsl(request.query, keep_blank_values=True)),
        "headers": dict(request.headers),
    }


Hear = Callable[[Happening], None]
"""Takes happenings, as they come."""
