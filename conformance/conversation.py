"""What a transcript says about the workers in it.

Rules of this file:

* Everything is computed from events; nothing is remembered between two questions.
* A worker's connection is known by its first message that is not telemetry, never by its path or
  its number: SDKs open a second connection for telemetry, on ``/otel`` or on ``/`` (npm 0.3.0).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_engine.transcript import Answered, Direction, Ended, Event, Message, Requested

ANNOUNCE = "engine::workers::register"
TELEMETRY_PREFIXES = (b"OTLP", b"MTRC", b"LOGS")


@dataclass(frozen=True, slots=True)
class Registration:
    """One thing a worker registered. ``kind`` is the message type, ``id`` the id it chose."""

    kind: str
    id: Any
    message: Message

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it the same registration in another process of the same worker.

        Trigger ids are drawn anew by each process; a trigger is known by what it binds.
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


def messages(
    events: Iterable[Event],
    connection: int | None = None,
    direction: Direction | None = Direction.FROM_WORKER,
) -> Iterator[Message]:
    """The whole messages of one connection or all, from one side or both, without telemetry."""
    for event in events:
        if (
            isinstance(event, Message)
            and connection in (None, event.connection)
            and direction in (None, event.direction)
            and not is_telemetry(event)
        ):
            yield event


def is_telemetry(message: Message) -> bool:
    """Whether a message is telemetry: a binary one with one of the engine's prefixes."""
    return message.binary and message.data.startswith(TELEMETRY_PREFIXES)


def worker_connections(events: Sequence[Event]) -> list[int]:
    """The connections of workers, in the order in which they first spoke."""
    return list(dict.fromkeys(message.connection for message in messages(events)))


def open_connections(events: Sequence[Event]) -> list[int]:
    """The WebSocket connections that have not ended, in the order of their upgrade."""
    upgraded = [e.connection for e in events if isinstance(e, Answered) and e.status == 101]
    ended = {e.connection for e in events if isinstance(e, Ended)}
    return [connection for connection in upgraded if connection not in ended]


def live_workers(events: Sequence[Event]) -> list[int]:
    """The connections of workers that have not ended."""
    alive = set(open_connections(events))
    return [connection for connection in worker_connections(events) if connection in alive]


def request_of(events: Iterable[Event], connection: int) -> Requested | None:
    """The HTTP request that a connection began with."""
    return next(
        (e for e in events if isinstance(e, Requested) and e.connection == connection), None
    )


def announcements(events: Iterable[Event], connection: int | None = None) -> list[Message]:
    """The calls of ``engine::workers::register``."""
    return [
        message
        for message in messages(events, connection)
        if message.type == "invokefunction" and message.json.get("function_id") == ANNOUNCE
    ]


def registrations(events: Iterable[Event], connection: int | None = None) -> list[Registration]:
    """Every registration sent, repeated ones included, in order."""
    return [
        Registration(kind, message.json.get("id"), message)
        for message in messages(events, connection)
        if (kind := message.type) is not None and kind in REGISTRATIONS
    ]


def declared(events: Iterable[Event], connections: Iterable[int]) -> Counter[tuple[str, str]]:
    """The identities registered on ``connections`` and not taken back, each with its count."""
    chosen = set(connections)
    live: dict[tuple[int, str, str], list[tuple[str, str]]] = {}
    takes_back = {undo: kind for kind, undo in REGISTRATIONS.items()}
    for message in messages(events):
        if message.connection not in chosen or message.type is None:
            continue
        key = (message.connection, message.type, json.dumps(message.json.get("id")))
        if message.type in REGISTRATIONS:
            registration = Registration(message.type, message.json.get("id"), message)
            live.setdefault(key, []).append(registration.identity)
        elif message.type in takes_back:
            live.pop((key[0], takes_back[message.type], key[2]), None)
    return Counter(identity for identities in live.values() for identity in identities)


def functions(events: Iterable[Event], connection: int | None = None) -> dict[str, Registration]:
    """The registrations of functions by id, the last of each."""
    return {
        registration.id: registration
        for registration in registrations(events, connection)
        if registration.kind == "registerfunction" and isinstance(registration.id, str)
    }


def replies(events: Iterable[Event], invocation_id: str) -> list[Message]:
    """Every ``invocationresult`` with this invocation id, on any connection."""
    return [
        message
        for message in messages(events)
        if message.type == "invocationresult"
        and str(message.json.get("invocation_id")).lower() == invocation_id
    ]
