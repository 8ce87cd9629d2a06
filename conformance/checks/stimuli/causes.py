"""The cause of something that a worker did: the invocation that it was handling.

A handler with data that nobody would send may do what it would never do otherwise. A finding that
depends on such data shows the data and is no failure, because the data was the suite's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from conformance.documents.trees import where
from conformance.documents.validity import Validity
from conformance.requirements.verdict import Finding, Level
from conformance.trials.traces import trace_of
from conformance.trials.trial import Record
from mock_engine.rendering import shorten
from mock_engine.transcript import Direction, Message

LONGEST = 120
"""Characters that are shown of an invocation's data."""


def with_cause(finding: Finding, record: Record[Any], call: Message, value: Any = None) -> Finding:
    """A finding about ``call``, with the invocation that caused it.

    ``value`` is what is wrong in the call. If the finding can only be blamed on data that the suite
    made up, it is not a failure, but says what to do about it.
    """
    cause = cause_of(record, call, value)
    if cause is None:
        return finding
    finding = replace(finding, events=(cause, *finding.events))
    if is_grounded(record, cause):
        return finding
    return replace(
        finding,
        level=Level.SHOULD,
        seen=f"{finding.seen} ({with_generated(cause)})",
        remedy=f"Give an example of the data of {cause.json['function_id']} in conformance.yaml, "
        f"so that it is judged with that. If it may get such data: {finding.remedy}",
    )


def with_generated(invocation: Message) -> str:
    """The data of an invocation in words, for a finding that rests on them."""
    data = json.dumps(invocation.json.get("data"))
    name = invocation.json["function_id"]
    return f"while handling {name} with generated data {shorten(data, LONGEST)}"


def cause_of(record: Record[Any], call: Message, value: Any = None) -> Message | None:
    """The invocation because of which the worker made a call, if one is known.

    It is the latest in the same trace; else the latest whose data contains ``value``; else the
    latest that the worker was handling. The worker may keep a call until it is connected again, so
    the cause may have come on another connection.
    """
    asked = [
        message
        for message in record.talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction" and message.at <= call.at
    ]
    trace = trace_of(call)
    traced = [message for message in asked if trace and trace_of(message) == trace]
    handled = [message for message in asked if not _answered(record, message, call.at)]
    here = [message for message in handled if message.connection == call.connection]
    holding = (m for some in (here, handled, asked) for m in reversed(some) if contains(m, value))
    latest = (some[-1] for some in (here, handled) if some)
    return traced[-1] if traced else next(holding, next(latest, None))


def may_cause(record: Record[Any], invocation: Message, call: Message) -> bool:
    """Whether an invocation is in the trace of a call, or was being handled when it was made."""
    trace = trace_of(call)
    if trace and trace_of(invocation):
        return trace_of(invocation) == trace
    return not _answered(record, invocation, call.at)


def contains(invocation: Message, value: Any) -> bool:
    """Whether a value occurs in the data of an invocation.

    ``None`` occurs too often to tell anything, and so does data that is empty as a whole.
    """
    if value is None:
        return False
    return any(path or value for path in where(invocation.json.get("data"), value))


def is_grounded(record: Record[Any], invocation: Message) -> bool:
    """Whether the function of an invocation must accept its data.

    It must if the user gave the data, if its own format allows it, or if it accepted it before.
    """
    promised = is_promised(record, invocation)
    if promised is not None:
        return promised
    return any("error" not in answer.json for answer in _answers(record, invocation))


def is_promised(record: Record[Any], invocation: Message) -> bool | None:
    """Whether the user or the function's own format says that it accepts its data.

    ``None`` if neither says anything about it.
    """
    name, data = invocation.json.get("function_id"), invocation.json.get("data")
    baseline = record.baseline
    if name not in baseline.functions or name in baseline.exemplified:
        return True
    form = baseline.functions[name].get("request_format")
    if isinstance(form, dict) and (form.get("properties") or form.get("required")):
        return Validity(form).holds(data)
    return None


def _answered(record: Record[Any], invocation: Message, at: float) -> bool:
    return any(answer.at < at for answer in _answers(record, invocation))


def _answers(record: Record[Any], invocation: Message) -> Iterable[Message]:
    return record.talk.answers(str(invocation.json.get("invocation_id")))
