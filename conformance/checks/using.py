"""Using the engine: calls of its functions, triggers of its types.

Mistakes here make no noise: the engine drops a route it cannot read, an unknown trigger type waits
for ever for its provider, and a caller that gave the wrong member gets an error it may not look at.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from conformance.checks.answers import error_code
from conformance.checks.losing import first_series, third_series
from conformance.checks.ready import looking_back
from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.trials.conversation import Registration
from conformance.trials.trial import Record, check
from mock_engine.modules.schedule import BadExpression, Schedule
from mock_engine.rendering import shorten
from mock_engine.transcript import Direction, Message
from schemas import functions, trigger_configs, validate_call, validate_config

LISTENED = (looking_back, first_series, third_series)
"""The trials whose calls and triggers are read: the first run and reconnects."""

OWNED = ("engine::", "state::", "stream::", "iii::")
"""What the ids of the engine's functions begin with. ``stream::get(NAME)`` is a worker's own."""

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


def _calls(records: Iterable[Record[Any]]) -> list[tuple[Record[Any], Message]]:
    return [
        (record, message)
        for record in records
        for message in record.talk.messages()
        if message.type == "invokefunction" and isinstance(message.json.get("function_id"), str)
    ]


@check("USE-001", *LISTENED)
def calls_the_engine_rightly(*records: Record[Any]) -> Finding:
    """The engine answers a call that it cannot read with an error, and does nothing."""
    judged = 0
    for _, call in _calls(records):
        function_id = call.json["function_id"]
        violations = validate_call(function_id, call.json.get("data"))
        if violations is None:
            continue
        judged += 1
        if violations:
            properties = ", ".join(functions()[function_id].get("properties", ()))
            return broken(
                expected=f"data that {function_id} can read, with: {properties or 'nothing'}",
                seen="; ".join(f"{v.path or '/'}: {v.message}" for v in violations[:3]),
                events=(call,),
                remedy=f"Give {function_id} the members it has: {properties or 'none'}.",
            )
    if not judged:
        return not_applicable("it called no function of the engine")
    return kept(f"{judged} calls of the engine's functions, each readable")


@check("USE-002", *LISTENED)
def calls_what_the_engine_has(*records: Record[Any]) -> Finding:
    """A function of another name is answered with function_not_found."""
    judged = 0
    for record, call in _calls(records):
        function_id = call.json["function_id"]
        if not function_id.startswith(OWNED) or "(" in function_id:
            continue
        judged += 1
        own = function_id in record.talk.functions()
        if function_id in functions() or own or not _not_found(record, call):
            continue
        near = difflib.get_close_matches(function_id, functions(), n=3, cutoff=0.5)
        return broken(
            expected=f"a function that the engine has, such as {' or '.join(near)}"
            if near
            else "a function that the engine has",
            seen=f"a call of {function_id!r}, answered function_not_found",
            events=(call,),
            remedy="`python -m mock_engine` has what the engine has; ask it with "
            "engine::functions::list.",
        )
    if not judged:
        return not_applicable("it called no function of the engine")
    return kept(f"{judged} calls of the engine's functions, each by a name it has")


def _not_found(record: Record[Any], call: Message) -> bool:
    """Whether the engine answered that there is no such function, or could not tell."""
    invocation_id = call.json.get("invocation_id")
    if not invocation_id:
        return not call.json["function_id"].startswith("iii::")
    return any(
        error_code(answer) == "function_not_found"
        for answer in record.talk.messages(call.connection, Direction.FROM_ENGINE)
        if answer.type == "invocationresult" and answer.json.get("invocation_id") == invocation_id
    )


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
    told = f"; {', '.join(sorted(foreign))}: another worker must provide it" if foreign else ""
    return kept(f"{len(entries)} triggers looked at{told}")


def _provided(record: Record[Any], trigger_type: str) -> bool:
    """Whether the worker provides the type itself."""
    return any(
        r.kind == "registertriggertype" and r.id == trigger_type for r in record.talk.registrations
    )
