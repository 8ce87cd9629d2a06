"""The cause of something that a worker did: the invocation that it was handling.

A handler with data that nobody would send may do what it would never do otherwise. A finding that
depends on such data shows the data and is no failure, because the data was the suite's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from conformance.documents.validity import Validity
from conformance.requirements.verdict import Finding, Level
from conformance.trials.trial import Record
from mock_engine.rendering import shorten
from mock_engine.transcript import Direction, Message

LONGEST = 120
"""Characters that are shown of an invocation's data."""


def with_cause(finding: Finding, record: Record[Any], call: Message) -> Finding:
    """A finding about ``call``, with the invocation that was being handled.

    If it can only be blamed on data that the suite made up, it is not a failure, but says what to
    do about it.
    """
    causes = in_flight(record, call)
    if not causes:
        return finding
    latest = causes[-1]
    finding = replace(finding, events=(latest, *finding.events))
    if any(is_grounded(record, cause) for cause in causes):
        return finding
    name, data = latest.json["function_id"], json.dumps(latest.json.get("data"))
    return replace(
        finding,
        level=Level.SHOULD,
        seen=f"{finding.seen} (while handling {name} with generated data {shorten(data, LONGEST)})",
        remedy=f"Give an example of the data of {name} in conformance.yaml, so that it is judged "
        f"with that. If it may get such data: {finding.remedy}",
    )


def in_flight(record: Record[Any], call: Message) -> list[Message]:
    """The invocations that the worker was handling when it made a call, the latest last.

    One that is in the same trace is the one.
    """
    asked = [
        message
        for message in record.talk.messages(call.connection, Direction.FROM_ENGINE)
        if message.type == "invokefunction" and message.at <= call.at
    ]
    trace = _trace(call)
    same = [message for message in asked if trace and _trace(message) == trace]
    return same or [message for message in asked if not _answered(record, message, call.at)]


def is_grounded(record: Record[Any], invocation: Message) -> bool:
    """Whether the function of an invocation must accept its data.

    It must if the user gave the data, if its own format allows it, or if it accepted it before.
    """
    name, data = invocation.json.get("function_id"), invocation.json.get("data")
    baseline = record.baseline
    if name not in baseline.functions or name in baseline.exemplified:
        return True
    form = baseline.functions[name].get("request_format")
    if isinstance(form, dict) and (form.get("properties") or form.get("required")):
        return Validity(form).holds(data)
    return any("error" not in answer.json for answer in _answers(record, invocation))


def _answered(record: Record[Any], invocation: Message, at: float) -> bool:
    return any(answer.at < at for answer in _answers(record, invocation))


def _answers(record: Record[Any], invocation: Message) -> Iterable[Message]:
    return record.talk.answers(str(invocation.json.get("invocation_id")))


def _trace(message: Message) -> str:
    """The id of the trace that a message belongs to, as in ``traceparent`` (W3C)."""
    parts = str(message.json.get("traceparent")).split("-")
    return parts[1] if len(parts) == 4 else ""
