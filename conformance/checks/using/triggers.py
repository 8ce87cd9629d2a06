"""Triggers of the engine's types."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from conformance.checks.stimuli.losing import LISTENED
from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.trials.conversation import Registration
from conformance.trials.trial import Record, check
from mock_engine.modules.schedule import BadExpression, Schedule
from mock_engine.rendering import shorten
from schemas import trigger_configs, validate_config

RENAMED = {
    "api": "http",
    "queue": "durable:subscriber",
    "event": "subscribe",
    "durable::subscriber": "durable:subscriber",
    "stream::join": "stream:join",
    "stream::leave": "stream:leave",
}
"""Trigger types of older engines, and spellings of function ids, with what they are now."""


ALIKE = 0.8
"""How alike a name must be to one of the engine's to be a slip of the pen (``difflib`` ratio)."""


def _triggers(records: Iterable[Record[Any]]) -> list[tuple[Record[Any], Registration]]:
    return [
        (record, registration)
        for record in records
        for registration in record.talk.registrations
        if registration.kind == "registertrigger"
        and isinstance(registration.message.json.get("trigger_type"), str)
    ]


@check("USE-003", *LISTENED)
def configures_its_triggers(*records: Record[Any]) -> Finding:
    """A trigger whose config its type cannot read never fires."""
    judged = 0
    for record, trigger in _triggers(records):
        body = trigger.message.json
        trigger_type, config = body["trigger_type"], body.get("config")
        if _provided(record, trigger_type):
            continue
        violations = validate_config(trigger_type, config)
        if violations is None:
            continue
        judged += 1
        fault = "; ".join(f"{v.path or '/'}: {v.message}" for v in violations[:3])
        if not fault and trigger_type == "cron":
            fault = _cron_fault(config)
        if fault:
            properties = ", ".join(trigger_configs()[trigger_type].get("properties", ()))
            return broken(
                expected=f"a config that the trigger type {trigger_type} can read: {properties}",
                seen=f"{shorten(json.dumps(config), 100)}: {fault}",
                events=(trigger.message,),
                remedy=_advice(trigger_type),
            )
    if not judged:
        return not_applicable("it registers no trigger of the engine's types")
    return kept(f"{judged} triggers with a config that their type can read")


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


@check("USE-004", *LISTENED)
def names_trigger_types_rightly(*records: Record[Any]) -> Finding:
    """A trigger of a type that nobody provides is kept, without a word, until somebody does."""
    foreign: set[str] = set()
    entries = _triggers(records)
    for record, trigger in entries:
        trigger_type = trigger.message.json["trigger_type"]
        current = trigger_type in trigger_configs() and trigger_type not in RENAMED
        if current or _provided(record, trigger_type):
            continue
        meant = RENAMED.get(trigger_type) or next(
            iter(difflib.get_close_matches(trigger_type, trigger_configs(), n=1, cutoff=ALIKE)),
            None,
        )
        if meant is not None:
            return broken(
                expected=f"the trigger type {meant!r}",
                seen=f"{trigger_type!r}, which no engine of this version provides",
                events=(trigger.message,),
                remedy=f"Register the trigger with trigger_type {meant!r}. As it is, it waits for "
                "a provider that never comes.",
            )
        foreign.add(trigger_type)
    if not entries:
        return not_applicable("it registers no trigger")
    others = f"; {', '.join(sorted(foreign))}: another worker must provide it" if foreign else ""
    return kept(f"{len(entries)} triggers looked at{others}")


def _provided(record: Record[Any], trigger_type: str) -> bool:
    """Whether the worker provides the type itself."""
    return any(
        r.kind == "registertriggertype" and r.id == trigger_type for r in record.talk.registrations
    )
