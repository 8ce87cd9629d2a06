"""Using the engine: calls of its functions, triggers of its types, answers to its events.

Mistakes here make no noise: the engine drops a route it cannot read, an unknown trigger type waits
for ever for its provider, and a caller that gave the wrong member gets an error it may not look at.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.answers import about, error_code
from conformance.checks.losing import first_series, third_series
from conformance.checks.ready import looking_back
from conformance.conversation import Registration
from conformance.stage import Invocation, Stage
from conformance.trial import Record, Unmet, Worker, check, trial
from conformance.verdict import Finding, broken, kept, not_applicable, unproven
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


@dataclass(frozen=True, slots=True)
class Requested:
    """Functions behind HTTP triggers, invoked as the engine does for a request."""

    invocations: tuple[Invocation, ...]


@trial(Worker.SHARED)
async def requested_over_http(stage: Stage) -> Requested:
    """Invoke each function behind an HTTP trigger with the event of a request."""
    invocations: list[Invocation] = []
    for registration in stage.talk.registrations:
        body = registration.message.json
        function_id = body.get("function_id")
        if registration.kind != "registertrigger" or body.get("trigger_type") != "http":
            continue
        asked = {invocation.function_id for invocation in invocations}
        if function_id not in stage.baseline.functions or function_id in asked:
            continue
        if stage.obstacle(function_id) is None:
            invocations.append(stage.invoke(function_id, _request(stage, function_id, body)))
    if not invocations:
        raise Unmet("this takes a worker with a function behind an HTTP trigger")
    await stage.until(
        lambda: all(stage.replies(i) for i in invocations) or not stage.process.running,
        stage.patience(invocations),
    )
    return Requested(tuple(invocations))


def _request(stage: Stage, function_id: str, trigger: Mapping[str, Any]) -> Any:
    """The event of a request to the route; the user's example for the function comes first."""
    given = stage.settings.invoking.functions.get(function_id)
    if given is not None and given.examples:
        return given.examples[0]
    found = trigger.get("config")
    config = found if isinstance(found, dict) else {}
    path, method = str(config.get("api_path", "/")), str(config.get("http_method") or "GET").upper()
    body = stage.engine.channels.create().end("read")
    answer = stage.engine.channels.create().end("write")
    return {
        "path": path,
        "method": method,
        "path_params": dict.fromkeys(re.findall(r"[:{](\w+)", path), "1"),
        "query_params": {},
        "headers": {"content-type": "application/json", "host": "127.0.0.1:3111"},
        "body": {},
        "trigger": {"type": "http", "path": path, "method": method},
        "request_body": body,
        "response": answer,
    }


@check("USE-005", requested_over_http)
def answers_http_with_an_envelope(record: Record[Requested]) -> Finding:
    """The engine reads status, headers and body from the result, and sends nothing else on."""
    judged = 0
    for invocation in record.result.invocations:
        answers = record.talk.answers(invocation.id)
        if not answers or answers[0].json.get("error") is not None:
            continue
        if _streamed(record, invocation):
            continue
        judged += 1
        fault = _envelope_fault(answers[0].json.get("result"))
        if fault is not None:
            return broken(
                expected="a result with status_code (a whole number), headers and body from "
                f"{invocation.function_id}, which is behind an HTTP trigger",
                seen=fault,
                events=about(record, invocation),
                remedy='Return {"status_code": 200, "headers": {…}, "body": …}; what stands '
                "elsewhere in the result never reaches the client.",
            )
    if not judged:
        return unproven("no function behind an HTTP trigger answered its request with a result")
    return kept(f"{judged} functions answered a request with status, headers or body")


def _streamed(record: Record[Requested], invocation: Invocation) -> bool:
    """Whether an answer may have gone through a channel instead of the result."""
    del invocation
    return bool(record.talk.channel_requests)


def _envelope_fault(result: Any) -> str | None:
    if result is None:
        return "no result: the client waits until the engine gives up, and gets 504"
    if not isinstance(result, dict) or not {"status_code", "headers", "body"} & set(result):
        told = shorten(json.dumps(result), 100)
        return f"{told}: the client gets 200 with an empty object"
    status = result.get("status_code", 200)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        return f"status_code {status!r}: the client gets 200"
    if not isinstance(result.get("headers") or {}, dict | list):
        return f"headers {result['headers']!r}, neither an object nor a list of lines"
    return None
