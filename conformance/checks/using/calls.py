"""Calls of the engine's own functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.answers import error_code
from conformance.checks.stimuli.causes import contains, is_promised, may_cause, with_cause
from conformance.documents.trees import at
from conformance.requirements.verdict import Finding, broken, not_applicable
from conformance.trials.scheduler import SHARED
from conformance.trials.trial import Record
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, Message
from mock_engine.versions import FUNCTIONS, numbers
from schemas import Violation, functions, validate_call

NO_CALL = not_applicable("it called no function of the engine")

RENAMED = {each.older: each for each in FUNCTIONS}
"""Functions that have another name in newer engines."""

OWNED = ("engine::", "state::", "stream::", "iii::")
"""The prefixes of the engine's functions. ``stream::get(NAME)`` is a worker's own."""


def _calls(record: Record[Any]) -> Iterator[Message]:
    """The worker's calls of functions that have a name."""
    for message in record.talk.messages():
        if message.type == "invokefunction" and isinstance(message.json.get("function_id"), str):
            yield message


@always("USE-001", "calls of the engine's functions", NO_CALL)
def calls_the_engine_rightly(record: Record[Any]) -> Iterator[Finding | str]:
    """The engine answers a call that it cannot read with an error, and does nothing else."""
    for call in _calls(record):
        function_id = call.json["function_id"]
        violations = validate_call(function_id, call.json.get("data"))
        if violations is None or (violations and _prompted(record, call)):
            continue
        violations = tuple(v for v in violations if not _passed_on(record, call, v))
        properties = ", ".join(functions()[function_id].get("properties", ()))
        faults = "; ".join(f"{v.path or '/'}: {v.message}" for v in violations[:3])
        if not violations:
            yield function_id
        else:
            finding = broken(
                expected=f"data that {function_id} can read, with: {properties or 'nothing'}",
                seen=f"{function_id} with {faults}",
                events=(call,),
                remedy=f"Give {function_id} the members it has: {properties or 'none'}.",
            )
            yield with_cause(finding, record, call, _value(call, violations[0]))


ODD_RUNS = ("odd_data",)
"""Runs in which functions get data that they need not take."""


def _prompted(record: Record[Any], call: Message) -> bool:
    """Whether a call was made while functions got data that they need not take."""
    learning = record.run == SHARED and call.at < record.baseline.knowledge.until
    return learning or record.run in ODD_RUNS


def _passed_on(record: Record[Any], call: Message, violation: Violation) -> bool:
    """Whether what the engine cannot read is a value that the suite gave to a function before.

    The worker may have kept the call since then, until it was connected again. The data as a whole,
    and an object that the function is to accept, is the worker's to translate.
    """
    value = _value(call, violation)
    if isinstance(value, dict) and not violation.path:
        return False
    return any(
        contains(message, value) and not (isinstance(value, dict) and is_promised(record, message))
        for message in record.talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction"
        and message.at <= call.at
        and (len(as_json(value)) >= TELLING or may_cause(record, message, call))
    )


TELLING = 8
"""Characters of a value as JSON by which it is known again; a shorter one occurs by chance."""


def _value(call: Message, violation: Violation) -> Any:
    """What the engine cannot read; ``None`` where nothing is."""
    path = tuple(violation.path.strip("/").split("/")) if violation.path else ()
    try:
        value = call.json.get("data")
        for key in path:
            value = at(value, (int(key) if isinstance(value, list) else key,))
    except (LookupError, TypeError, ValueError):
        return None
    return value


@always("USE-002", "calls of the engine's functions", NO_CALL)
def calls_what_the_engine_has(record: Record[Any]) -> Iterator[Finding | str]:
    """The engine answers function_not_found to a call of any other name."""
    engine = record.baseline.engine
    for call in _calls(record):
        function_id = call.json["function_id"]
        own = function_id in record.talk.functions()
        older = None if own else RENAMED.get(function_id)
        if older is not None:
            known = numbers(engine)[:2] <= numbers(older.until)
            yield (
                f"{function_id}, of engines until {older.until}"
                if known
                else broken(
                    expected=f"a call of {older.newer}",
                    seen=f"a call of {function_id!r}, which engines after {older.until} do not "
                    f"have; the worker's is to be {engine}",
                    events=(call,),
                    remedy=f"Call {older.newer}, or name an older engine with --engine-version.",
                )
            )
            continue
        if not function_id.startswith(OWNED) or "(" in function_id:
            continue
        if function_id in functions() or own or not _not_found(record, call):
            yield function_id
            continue
        near = difflib.get_close_matches(function_id, functions(), n=3, cutoff=0.5)
        yield broken(
            expected=f"a function that the engine has, such as {' or '.join(near)}"
            if near
            else "a function that the engine has",
            seen=f"a call of {as_json(function_id)}, answered function_not_found",
            events=(call,),
            remedy="`python -m mock_engine` has what the engine has; ask it with "
            "engine::functions::list.",
        )


def _not_found(record: Record[Any], call: Message) -> bool:
    """Whether the engine answered that the function does not exist, or could not answer."""
    invocation_id = call.json.get("invocation_id")
    if not invocation_id:
        return not call.json["function_id"].startswith("iii::")
    return any(
        error_code(answer) == "function_not_found"
        for answer in record.talk.messages(call.connection, Direction.FROM_ENGINE)
        if answer.type == "invocationresult" and answer.json.get("invocation_id") == invocation_id
    )
