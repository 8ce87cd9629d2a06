"""Calls of the engine's own functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from conformance.checks.stimuli.answers import error_code
from conformance.checks.stimuli.losing import LISTENED
from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.trials.trial import Record, check
from mock_engine.transcript import Direction, Message
from schemas import functions, validate_call

OWNED = ("engine::", "state::", "stream::", "iii::")
"""What the ids of the engine's functions begin with. ``stream::get(NAME)`` is a worker's own."""


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
