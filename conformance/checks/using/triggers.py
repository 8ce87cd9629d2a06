"""Triggers of the engine's types."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.requirements.verdict import Finding, broken, not_applicable
from conformance.trials.conversation import Registration
from conformance.trials.trial import Record
from mock_engine.modules.schedule import BadExpression, Schedule
from mock_engine.rendering import as_json, shorten
from schemas import trigger_configs, validate_config

RENAMED = {
    "api": "http",
    "queue": "durable:subscriber",
    "event": "subscribe",
    "durable::subscriber": "durable:subscriber",
    "stream::join": "stream:join",
    "stream::leave": "stream:leave",
}
"""Trigger types of older engines, and spellings of function ids, with their current names."""


ALIKE = 0.8
"""How similar a name must be to one of the engine's to be a typing mistake (``difflib`` ratio)."""


def _triggers(record: Record[Any]) -> Iterator[Registration]:
    """The triggers of a type that has a name and that the worker does not provide itself."""
    for registration in record.talk.registrations:
        trigger_type = registration.message.json.get("trigger_type")
        if (
            registration.kind == "registertrigger"
            and isinstance(trigger_type, str)
            and not _provided(record, trigger_type)
        ):
            yield registration


@always("USE-003", "triggers", not_applicable("it registers no trigger of the engine's types"))
def configures_its_triggers(record: Record[Any]) -> Iterator[Finding | str]:
    """A trigger never fires if its type cannot read its config."""
    for trigger in _triggers(record):
        trigger_type = trigger.message.json["trigger_type"]
        config = trigger.message.json.get("config")
        violations = validate_config(trigger_type, config)
        if violations is None:
            continue
        fault = "; ".join(f"{v.path or '/'}: {v.message}" for v in violations[:3])
        if not fault and trigger_type == "cron":
            fault = _cron_fault(config)
        properties = ", ".join(trigger_configs()[trigger_type].get("properties", ()))
        yield (
            trigger_type
            if not fault
            else broken(
                expected=f"a config that the trigger type {trigger_type} can read: {properties}",
                seen=f"{shorten(json.dumps(config), 100)}: {fault}",
                events=(trigger.message,),
                remedy=_advice(trigger_type),
            )
        )


def _cron_fault(config: Any) -> str:
    try:
        Schedule.parse(config["expression"])
    except BadExpression as fault:
        return str(fault)
    return ""


def _advice(trigger_type: str) -> str:
    match trigger_type:
        case "http":
            return "Name the route api_path and the method http_method, not path and method."
        case "cron":
            return "Write six fields, beginning with seconds: `0 30 8 * * *` is half past eight."
    return f"`python -m mock_engine` refuses such a trigger of type {trigger_type}, and says why."


@always("USE-004", "triggers", not_applicable("it registers no trigger"))
def names_trigger_types_rightly(record: Record[Any]) -> Iterator[Finding | str]:
    """The engine silently keeps a trigger of an unknown type until somebody provides it."""
    for trigger in _triggers(record):
        trigger_type = trigger.message.json["trigger_type"]
        if trigger_type in trigger_configs() and trigger_type not in RENAMED:
            yield trigger_type
            continue
        meant = RENAMED.get(trigger_type) or next(
            iter(difflib.get_close_matches(trigger_type, trigger_configs(), n=1, cutoff=ALIKE)),
            None,
        )
        yield (
            f"{trigger_type}, which another worker must provide"
            if meant is None
            else broken(
                expected=f"the trigger type {as_json(meant)}",
                seen=f"{as_json(trigger_type)}, which no engine of this version provides",
                events=(trigger.message,),
                remedy=f"Register the trigger with trigger_type {as_json(meant)}. As it is, it "
                "waits for a provider that never comes.",
            )
        )


def _provided(record: Record[Any], trigger_type: str) -> bool:
    """Whether the worker provides the type itself."""
    return any(
        r.kind == "registertriggertype" and r.id == trigger_type for r in record.talk.registrations
    )
