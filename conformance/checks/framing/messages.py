"""Messages: every one is a message that the engine can read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.ordinary import was_unheard_of
from conformance.requirements.verdict import Finding, broken, inconclusive
from conformance.trials.conversation import TELEMETRY_PREFIXES, is_telemetry
from conformance.trials.trial import Record
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import NOT_JSON, Direction, Message
from schemas import Direction as SchemaDirection
from schemas import messages, validate
from schemas.validation import Violation

SHORT = 4096
"""Bytes up to which a message is checked only once, however often it is repeated."""

SILENT = inconclusive("it sent nothing")


@always("FRM-001", "messages", SILENT, skip_broken=True)
def sends_objects_with_a_type(record: Record[object]) -> Iterator[Finding | None]:
    """The engine silently drops anything else."""
    for message in record.talk.messages():
        fault = _shape_fault(message)
        yield (
            None
            if fault is None
            else broken(
                expected="one JSON object a message, with a lower-case `type`",
                seen=fault,
                events=(message,),
                remedy="Serialise with a JSON library that refuses NaN and Infinity.",
            )
        )


def _shape_fault(message: Message) -> str | None:
    if message.json is NOT_JSON:
        return f"a message that is no JSON: {shorten(as_json(message.data), 160)}"
    if not isinstance(message.json, dict):
        return f"a JSON {type(message.json).__name__}, not an object"
    if message.type is None:
        return "an object without a `type` that is text"
    if message.type != message.type.lower():
        return f"the type {as_json(message.type)}, not in lower case"
    return None


@always("FRM-002", "messages", inconclusive("it sent no JSON object"), skip_broken=True)
def sends_valid_messages(record: Record[object]) -> Iterator[Finding | str | None]:
    """The engine drops a message that does not fit its type."""
    for message in record.talk.messages():
        if _shape_fault(message) is not None:
            continue
        violations = _violations(message)
        if violations and was_unheard_of(record, message):
            continue  # an answer to nonsense cannot make sense: see FRM-011
        yield (
            message.type
            if not violations
            else broken(
                expected=f"a valid {message.type} message ({violations[0].rule})",
                seen="; ".join(
                    f"{message.type} {v.path or '/'}: {v.message}" for v in violations[:3]
                ),
                events=(message,),
                remedy="The engine drops a message it cannot decode, and its sender waits.",
            )
        )


def _violations(message: Message) -> tuple[Violation, ...]:
    """What is wrong with a message."""
    if len(message.data) > SHORT:
        return validate(SchemaDirection.WORKER_TO_ENGINE, message.json)
    return _violations_of_short(message.data)


@lru_cache(maxsize=20_000)
def _violations_of_short(data: bytes) -> tuple[Violation, ...]:
    """The violations of a short message: many are repeated byte for byte on the next connection."""
    return validate(SchemaDirection.WORKER_TO_ENGINE, json.loads(data))


@always("FRM-010", "messages", inconclusive("no worker spoke"))
def keeps_off_the_prefixes_of_telemetry(record: Record[object]) -> Iterator[Finding | None]:
    """The engine takes a message with such a prefix for telemetry, and drops it."""
    for message in record.events:
        if not isinstance(message, Message) or message.direction is Direction.FROM_ENGINE:
            continue
        mistaken = is_telemetry(message) and _is_protocol(
            message.data[len(TELEMETRY_PREFIXES[0]) :]
        )
        yield (
            None
            if not mistaken
            else broken(
                expected="messages of the protocol without a prefix of telemetry",
                seen=shorten(as_json(message.data), 100),
                events=(message,),
                remedy="OTLP, MTRC and LOGS are for telemetry on /otel alone.",
            )
        )


def _is_protocol(data: bytes) -> bool:
    try:
        message = json.loads(data)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") in messages(
        SchemaDirection.WORKER_TO_ENGINE
    )
