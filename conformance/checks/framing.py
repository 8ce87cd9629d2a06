"""Framing: every message is one that the engine can read, and the worker survives any it gets."""

from __future__ import annotations

import json

from conformance.checks.stimuli.living import looking_back
from conformance.checks.stimuli.losing import first_series
from conformance.checks.stimuli.odd_messages import Survival, odd_messages
from conformance.checks.stimuli.shutting import terminated
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import TELEMETRY_PREFIXES, is_telemetry
from conformance.trials.trial import Record, check
from mock_engine.rendering import shorten
from mock_engine.transcript import NOT_JSON, Direction, Message
from schemas import Direction as SchemaDirection
from schemas import messages, validate

ENGINE_READS = (looking_back, first_series, terminated)
"""The trials whose traffic is read word by word: the first run, a reconnect, a shutdown."""


def _sent(records: tuple[Record[object], ...]) -> list[Message]:
    return [message for record in records for message in record.talk.messages()]


@check("FRM-001", *ENGINE_READS)
def sends_objects_with_a_type(*records: Record[object]) -> Finding:
    """The engine drops anything else without a word."""
    sent = _sent(records)
    for message in sent:
        fault = _shape_fault(message)
        if fault is not None:
            return broken(
                expected="one JSON object a message, with a lower-case `type`",
                seen=fault,
                events=(message,),
                remedy="Serialise with a JSON library that refuses NaN and Infinity.",
            )
    return kept(f"{len(sent)} messages read") if sent else inconclusive("it sent nothing")


def _shape_fault(message: Message) -> str | None:
    if message.json is NOT_JSON:
        return f"a message that is no JSON: {shorten(repr(message.data), 160)}"
    if not isinstance(message.json, dict):
        return f"a JSON {type(message.json).__name__}, not an object"
    if message.type is None:
        return "an object without a `type` that is text"
    if message.type != message.type.lower():
        return f"the type {message.type!r}, not in lower case"
    return None


@check("FRM-002", *ENGINE_READS)
def sends_valid_messages(*records: Record[object]) -> Finding:
    """Every message is held against the schema of its type."""
    sent = [message for message in _sent(records) if _shape_fault(message) is None]
    for message in sent:
        violations = validate(SchemaDirection.WORKER_TO_ENGINE, message.json)
        if violations:
            faults = "; ".join(f"{v.path or '/'}: {v.message}" for v in violations[:3])
            return broken(
                expected=f"a valid {message.type} message ({violations[0].rule})",
                seen=faults,
                events=(message,),
                remedy="The engine drops a message it cannot decode, and its sender waits.",
            )
    return kept(f"{len(sent)} messages valid") if sent else inconclusive("it sent no JSON object")


@check("FRM-010", *ENGINE_READS)
def keeps_off_the_prefixes_of_telemetry(*records: Record[object]) -> Finding:
    """The engine takes what begins with one of them for telemetry, and drops it."""
    sent = 0
    for record in records:
        for message in record.events:
            if not isinstance(message, Message) or message.direction is Direction.FROM_ENGINE:
                continue
            sent += 1
            if is_telemetry(message) and _is_protocol(message.data[len(TELEMETRY_PREFIXES[0]) :]):
                return broken(
                    expected="messages of the protocol without a prefix of telemetry",
                    seen=shorten(repr(message.data), 100),
                    events=(message,),
                    remedy="OTLP, MTRC and LOGS are for telemetry on /otel alone.",
                )
    if not any(record.talk.workers for record in records):
        return inconclusive("no worker spoke")
    return kept(f"{sent} messages read")


def _is_protocol(data: bytes) -> bool:
    try:
        message = json.loads(data)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") in messages(
        SchemaDirection.WORKER_TO_ENGINE
    )


def _survives(requirement: str, what: str) -> None:
    @check(requirement, odd_messages)
    def survives(record: Record[dict[str, Survival]]) -> Finding:
        survival = record.result.get(requirement)
        if survival is None:
            return inconclusive("the worker stopped answering before this was tried")
        stimulus = [e for e in survival.events if e.direction is Direction.FROM_ENGINE]
        if survival.heard and survival.unanswered:
            return broken(
                expected=f"an answer to an invocation with {what}",
                seen="none",
                events=tuple(stimulus[:3]),
                remedy="Read of an invocation what you need, and pass over the rest.",
            )
        if survival.heard:
            return kept(f"it went on after {what}")
        state = "no longer listens" if survival.alive else "ended"
        return broken(
            expected=f"a worker that ignores {what} and goes on",
            seen=f"its process {state}" if not survival.alive else f"it {state} on that connection",
            events=tuple(stimulus[:3]) + survival.events[-3:],
            remedy="Catch errors for each message, inside the receive loop, and log them.",
        )


_survives("FRM-003", "a message of an unknown type")


_survives("FRM-004", "unknown fields in a message")


_survives("FRM-005", "text that is no JSON")


_survives("FRM-006", "an empty text message")


_survives("FRM-007", "binary data that is no message")


_survives("FRM-008", "JSON that is no object")


_survives("FRM-009", "null for optional fields")


_survives("FRM-011", "messages that lack what their type needs")


_survives("FRM-012", "a trace context that is empty or none")
