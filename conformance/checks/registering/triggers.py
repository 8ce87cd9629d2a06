"""Triggers and trigger types: what they must contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.registering.each import each
from conformance.checks.stimuli.always import always
from conformance.requirements.verdict import Finding, broken, not_applicable
from conformance.trials.conversation import Registration
from conformance.trials.trial import Record
from mock_engine.rendering import as_json

TRIGGER_FIELDS = ("id", "trigger_type", "function_id", "config")
NO_TRIGGER = not_applicable("it registers no trigger")


@each(
    "REG-004",
    "registertrigger",
    expected="a trigger with id, trigger_type, function_id and config",
    remedy="Send an empty object as config where a trigger type needs none.",
)
def triggers_are_complete(body: Any) -> str | None:
    """The engine silently drops a trigger that lacks a field."""
    lacking = [name for name in TRIGGER_FIELDS if name not in body]
    lacking += [name for name in TRIGGER_FIELDS[:3] if name in body and not _is_name(body[name])]
    return "missing or empty: " + ", ".join(lacking) if lacking else None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


@always("REG-005", "triggers", NO_TRIGGER)
def trigger_ids_are_unique(record: Record[object]) -> Iterator[Finding | None]:
    """If two triggers share an id, unregistering one leaves no id for the other."""
    bound: dict[tuple[int, str], Registration] = {}
    for entry in record.talk.registrations:
        if entry.kind != "registertrigger":
            continue
        other = bound.setdefault((entry.message.connection, str(entry.id)), entry)
        yield (
            None
            if other.identity == entry.identity
            else broken(
                expected="an id of its own for each trigger",
                seen=f"the id {as_json(entry.id)} for two different triggers",
                events=(other.message, entry.message),
                remedy="Draw a fresh UUID for each trigger.",
            )
        )


@always("REG-006", "triggers", NO_TRIGGER)
def triggers_name_functions_that_exist(record: Record[object]) -> Iterator[Finding | None]:
    """A trigger on a function that nobody registers has nothing to call."""
    known = set(record.talk.functions()) | set(record.baseline.functions)
    for entry in record.talk.registrations:
        if entry.kind != "registertrigger":
            continue
        body = entry.message.json
        target = body.get("function_id")
        elsewhere = body.get("namespace") is not None or str(target).startswith("engine::")
        yield (
            None
            if elsewhere or target in known
            else broken(
                expected="a trigger on a function that the worker registers",
                seen=f"the function {as_json(target)}, which the worker does not register",
                events=(entry.message,),
                remedy="Register the function under exactly this id.",
            )
        )


@each(
    "REG-008",
    "registertriggertype",
    expected="a trigger type with a description that is text",
    remedy="Send a description; an empty one will do.",
)
def trigger_types_are_described(body: Any) -> str | None:
    """The engine cannot read a trigger type without a description."""
    described = isinstance(body.get("description"), str)
    return None if described else f"the description {as_json(body.get('description'))}"
