"""Triggers and trigger types: what they must hold."""

from __future__ import annotations

from typing import Any

from conformance.checks.registering.faults import first_fault, of_kind
from conformance.checks.stimuli.living import looking_back
from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.trials.conversation import Registration
from conformance.trials.trial import Record, check

TRIGGER_FIELDS = ("id", "trigger_type", "function_id", "config")


@check("REG-004", looking_back)
def triggers_are_complete(record: Record[object]) -> Finding:
    """The engine drops a trigger that lacks a field, silently."""

    def fault(body: Any) -> str | None:
        lacking = [name for name in TRIGGER_FIELDS if name not in body]
        lacking += [
            name for name in TRIGGER_FIELDS[:3] if name in body and not _is_name(body[name])
        ]
        return "missing or empty: " + ", ".join(lacking) if lacking else None

    return first_fault(
        of_kind(record, "registertrigger"),
        fault,
        expected="a trigger with id, trigger_type, function_id and config",
        remedy="Send an empty object as config where a trigger type needs none.",
        nothing="it registers no trigger",
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


@check("REG-005", looking_back)
def trigger_ids_are_unique(record: Record[object]) -> Finding:
    """Unregistering one of two triggers with one id would leave the other nameless."""
    entries = of_kind(record, "registertrigger")
    if not entries:
        return not_applicable("it registers no trigger")
    bound: dict[tuple[int, str], Registration] = {}
    for entry in entries:
        key = (entry.message.connection, str(entry.id))
        other = bound.setdefault(key, entry)
        if other.identity != entry.identity:
            return broken(
                expected="an id of its own for each trigger",
                seen=f"the id {entry.id!r} for two different triggers",
                events=(other.message, entry.message),
                remedy="Draw a fresh UUID for each trigger.",
            )
    return kept(f"{len(entries)} triggers, each with an id of its own")


@check("REG-006", looking_back)
def triggers_name_functions_that_exist(record: Record[object]) -> Finding:
    """A trigger on a function that nobody registers fires into nothing."""
    known = set(record.talk.functions())

    def fault(body: Any) -> str | None:
        target = body.get("function_id")
        elsewhere = body.get("namespace") is not None or str(target).startswith("engine::")
        if elsewhere or target in known:
            return None
        return f"the function {target!r}, which the worker does not register"

    return first_fault(
        of_kind(record, "registertrigger"),
        fault,
        expected="a trigger on a function that the worker registers",
        remedy="Register the function under exactly this id.",
        nothing="it registers no trigger",
    )


@check("REG-008", looking_back)
def trigger_types_are_described(record: Record[object]) -> Finding:
    """The engine cannot read a trigger type without a description."""
    return first_fault(
        of_kind(record, "registertriggertype"),
        lambda body: (
            None
            if isinstance(body.get("description"), str)
            else f"the description {body.get('description')!r}"
        ),
        expected="a trigger type with a description that is text",
        remedy="Send a description; an empty one will do.",
        nothing="it registers no trigger type",
    )
