"""What a transcript says about the workers in it.

Rules of this file:

* A conversation takes events one by one, so that it can follow a live transcript at no cost, or be
  made from a stored one.
* A worker's connection is recognised by its first message that is neither telemetry nor a copy of
  what the engine sent (a mirror is not a worker), never by its path or number: SDKs open a second
  connection for telemetry, on ``/otel`` or on ``/`` (npm 0.3.0).
* The ends of channels are connections of another kind, recognised by their path; they are left out.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.frames import Opcode

from mock_engine.paths import CHANNELS, TELEMETRY
from mock_engine.transcript import Answered, Direction, Ended, Event, FrameSeen, Message, Requested

ANNOUNCE = "engine::workers::register"
TELEMETRY_PREFIXES = (b"OTLP", b"MTRC", b"LOGS")

Identity = tuple[str, str]
"""A kind of registration, and what makes one the same in another process."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One thing a worker registered. ``kind`` is the message type, ``id`` the id it chose."""

    kind: str
    id: Any
    message: Message

    @property
    def identity(self) -> Identity:
        """What makes it the same registration in another process of the same worker.

        Each process generates new trigger ids, so a trigger is identified by what it binds.
        """
        body = self.message.json
        if self.kind == "registertrigger":
            bound = [body.get(key) for key in ("trigger_type", "function_id", "config")]
            return self.kind, json.dumps(bound, sort_keys=True)
        return self.kind, json.dumps(self.id)


REGISTRATIONS: Mapping[str, str] = {
    "registertriggertype": "unregistertriggertype",
    "registerfunction": "unregisterfunction",
    "registertrigger": "unregistertrigger",
}
"""Message types that register something, and those that take it back."""

_TAKES_BACK = {undo: kind for kind, undo in REGISTRATIONS.items()}


class Conversation:
    """Which workers connected, what they registered, and what they answered.

    The mappings are by connection number, in the order of occurrence. ``channel_requests`` are the
    upgrade requests on the path of channels, ``closings`` the frames or messages with which the
    engine began to close connections by itself.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.requests: dict[int, Requested] = {}
        self.upgrades: dict[int, Answered] = {}
        self.ends: dict[int, Ended] = {}
        self.closings: dict[int, FrameSeen | Message] = {}
        self._left: set[int] = set()
        self.registrations: list[Registration] = []
        self.unregistered: set[tuple[str, str]] = set()
        self.channel_requests: list[Requested] = []
        self._channel_ends: set[int] = set()
        self._messages: list[Message] = []
        self._workers: dict[int, Message] = {}
        self._greetings: dict[int, list[Any]] = defaultdict(list)
        self._announcements: dict[int, list[Message]] = defaultdict(list)
        self._answers: dict[str, list[Message]] = defaultdict(list)
        self._live: dict[int, dict[tuple[str, str], list[Identity]]] = defaultdict(dict)
        self._withdrawn: dict[int, dict[tuple[str, str], list[Identity]]] = defaultdict(dict)
        self._taken_at: dict[str, float] = {}
        self._taken_back: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Take the next event."""
        if event.connection in self._channel_ends:
            return
        match event:
            case Requested(request=request) if request.path.startswith(CHANNELS):
                self._channel_ends.add(event.connection)
                self.channel_requests.append(event)
            case Requested():
                self.requests.setdefault(event.connection, event)
            case Answered(status=101):
                self.upgrades[event.connection] = event
            case Ended():
                self.ends[event.connection] = event
            case FrameSeen(opcode=Opcode.CLOSE):
                self._close(event)
            case Message() if not (is_telemetry(event) or self._reports(event.connection)):
                self._messages.append(event)
                if event.direction is Direction.FROM_ENGINE:
                    self._tell(event)
                elif event.direction is Direction.FROM_WORKER:
                    self._hear(event)

    def _close(self, frame: FrameSeen) -> None:
        """Take a close frame; the engine's is its own unless it confirms the worker's."""
        if frame.direction is Direction.FROM_WORKER:
            self._left.add(frame.connection)
        elif frame.connection not in self._left:
            self.closings.setdefault(frame.connection, frame)

    def _tell(self, message: Message) -> None:
        """Take a message of the engine."""
        if _rejects(message):
            self.closings.setdefault(message.connection, message)
        if message.connection not in self._workers:
            self._greetings[message.connection].append(message.json)

    def _reports(self, connection: int) -> bool:
        """Whether the engine treats the connection as telemetry, whatever is sent on it."""
        requested = self.requests.get(connection)
        return requested is not None and requested.request.path == TELEMETRY

    # -- connections -----------------------------------------------------------------------------

    @property
    def workers(self) -> list[int]:
        """The connections of workers, in the order of their first messages."""
        return list(self._workers)

    @property
    def open(self) -> list[int]:
        """The WebSocket connections that have not ended, in the order of their upgrade."""
        return [number for number in self.upgrades if number not in self.ends]

    @property
    def silent(self) -> list[int]:
        """The WebSocket connections that are not for telemetry and on which nothing was sent."""
        return [n for n in self.upgrades if n not in self._workers and not self._reports(n)]

    @property
    def live_workers(self) -> list[int]:
        """The connections of workers that have not ended."""
        return [number for number in self._workers if number not in self.ends]

    @property
    def reachable_workers(self) -> list[int]:
        """Those of them on which the engine may still send: it did not begin to close them.

        RFC 6455, section 5.5.1: nothing may follow a close frame.
        """
        return [number for number in self.live_workers if number not in self.closings]

    # -- messages --------------------------------------------------------------------------------

    def messages(
        self,
        connection: int | None = None,
        direction: Direction | None = Direction.FROM_WORKER,
    ) -> Iterator[Message]:
        """The whole messages of one connection or all, from one side or both, no telemetry."""
        for message in self._messages:
            if connection in (None, message.connection) and direction in (None, message.direction):
                yield message

    def recent(self, since: float) -> list[Message]:
        """The whole messages of workers that came later than ``since`` seconds, in order."""
        found: list[Message] = []
        for message in reversed(self._messages):
            if message.at < since:
                break
            if message.direction is Direction.FROM_WORKER:
                found.append(message)
        return found[::-1]

    def first_message(self, connection: int) -> Message:
        """The first message of a worker.

        Raises:
            KeyError: the connection is not a worker's.
        """
        return self._workers[connection]

    def answers(self, invocation_id: str) -> list[Message]:
        """Every ``invocationresult`` with this invocation id, on any connection.

        Ids are compared as the engine does, ignoring case.
        """
        return self._answers.get(invocation_id.lower(), [])

    def announcements(self, connection: int | None = None) -> list[Message]:
        """The calls of ``engine::workers::register``, on one connection or all."""
        if connection is not None:
            return self._announcements.get(connection, [])
        return [call for calls in self._announcements.values() for call in calls]

    # -- registrations ---------------------------------------------------------------------------

    def declared(self, connections: Iterable[int], *, repeats: bool = False) -> Counter[Identity]:
        """The identities registered on ``connections`` and not unregistered, with their counts.

        An id that is registered again on the same connection counts again only with ``repeats``:
        the engine has it once, however often it was sent.
        """
        return Counter(
            identity
            for number in connections
            for identities in self._live.get(number, {}).values()
            for identity in (identities if repeats else dict.fromkeys(identities))
        )

    def registered(self, connections: Iterable[int]) -> Counter[Identity]:
        """The same for everything ever registered there, whether or not it was unregistered."""
        chosen = tuple(connections)
        return self.declared(chosen) | self.withdrawn(chosen)

    def withdrawn(self, connections: Iterable[int] | None = None) -> Counter[Identity]:
        """The identities that the worker unregistered, on ``connections`` or on any."""
        chosen = self._withdrawn if connections is None else connections
        return Counter(
            identity
            for number in tuple(chosen)
            for identities in self._withdrawn.get(number, {}).values()
            for identity in dict.fromkeys(identities)
        )

    def functions(self, connection: int | None = None) -> dict[str, Registration]:
        """The registrations of functions by id, the last of each."""
        return {
            registration.id: registration
            for registration in self.registrations
            if registration.kind == "registerfunction"
            and isinstance(registration.id, str)
            and connection in (None, registration.message.connection)
        }

    def taken_back(self, connections: Iterable[int]) -> set[tuple[str, str]]:
        """Kinds and ids, as JSON, of what was unregistered on ``connections`` and is on none."""
        chosen = set(connections)
        gone = {key for number in chosen for key in self._taken_back.get(number, ())}
        return gone - {key for number in chosen for key in self._live.get(number, ())}

    def took_back(self, function_id: str, before: float) -> bool:
        """Whether the worker had unregistered a function ``before`` that time, in seconds."""
        at = self._taken_at.get(function_id)
        return at is not None and at <= before

    def holds(self, registration: Registration) -> bool:
        """Whether a registration was not unregistered on its own connection."""
        key = (registration.kind, json.dumps(registration.id))
        return key in self._live.get(registration.message.connection, {})

    def serves(self, connection: int, function_id: str) -> bool:
        """Whether ``function_id`` is registered on ``connection``."""
        return ("registerfunction", json.dumps(function_id)) in self._live.get(connection, {})

    def _hear(self, message: Message) -> None:
        if message.connection not in self._workers:
            if message.json in self._greetings[message.connection]:
                return
            self._workers[message.connection] = message
        kind = message.type
        if kind is None:
            return
        key = json.dumps(message.json.get("id"))
        live = self._live[message.connection]
        if kind in REGISTRATIONS:
            registration = Registration(kind, message.json.get("id"), message)
            self.registrations.append(registration)
            live.setdefault((kind, key), []).append(registration.identity)
        elif kind in _TAKES_BACK:
            gone = live.pop((_TAKES_BACK[kind], key), None)
            if gone is not None:
                self._withdrawn[message.connection][_TAKES_BACK[kind], key] = gone
            self._taken_back[message.connection].add((_TAKES_BACK[kind], key))
            self.unregistered.add((_TAKES_BACK[kind], key))
            if kind == "unregisterfunction":
                self._taken_at.setdefault(str(message.json.get("id")), message.at)
        elif kind == "invocationresult":
            self._answers[str(message.json.get("invocation_id")).lower()].append(message)
        elif kind == "invokefunction" and message.json.get("function_id") == ANNOUNCE:
            self._announcements[message.connection].append(message)


def _rejects(message: Message) -> bool:
    """Whether the engine rejects a worker as a whole; it closes the connection after that."""
    return (
        message.type == "registrationrejected"
        and message.json.get("code") == "WORKER_NAMESPACE_CONFLICT"
    )


def is_telemetry(message: Message) -> bool:
    """Whether a message is telemetry: a binary one with one of the engine's prefixes."""
    return message.binary and message.data.startswith(TELEMETRY_PREFIXES)
