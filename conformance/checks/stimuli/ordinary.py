"""What an engine in service does not do to a worker, but trials do."""

from __future__ import annotations

from typing import Any, TypeGuard

from conformance.trials.trial import Record
from mock_engine.transcript import Direction, Event, FaultInjected, FrameSeen, Message
from schemas import Direction as SchemaDirection
from schemas import messages, validate

ORDINARY = 1024 * 1024 + 1024
"""Bytes of a message that any worker must take; INV-027 and INV-028 are about larger ones."""


def is_engines(event: Event) -> TypeGuard[Message]:
    """Whether an event is a message of the engine."""
    return isinstance(event, Message) and event.direction is Direction.FROM_ENGINE


def was_unheard_of(record: Record[Any], event: Event) -> bool:
    """Whether something that no engine in service does happened before, on the same connection."""
    return any(
        earlier.connection == event.connection
        and earlier.at <= event.at
        and _is_unheard_of(earlier)
        for earlier in record.events
        if earlier.connection == event.connection
    )


def _is_unheard_of(event: Event) -> bool:
    if isinstance(event, FaultInjected):
        return True
    if isinstance(event, FrameSeen):
        return event.direction is Direction.FROM_ENGINE and len(event.data) > ORDINARY
    if not is_engines(event):
        return False
    if event.binary or not isinstance(event.json, dict):
        return True
    if event.type not in messages(SchemaDirection.ENGINE_TO_WORKER):
        return event.type is None
    return bool(validate(SchemaDirection.ENGINE_TO_WORKER, event.json))
