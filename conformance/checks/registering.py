"""Registering: functions, trigger types and triggers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from conformance.checks.framing import odd_messages
from conformance.checks.ready import looking_back
from conformance.requirements.verdict import Conclusion, Finding, broken, kept, not_applicable
from conformance.settings.invoking import PREFIX
from conformance.trials.conversation import REGISTRATIONS, Registration
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from schemas import validate_schema_document

TRIGGER_FIELDS = ("id", "trigger_type", "function_id", "config")


def _of_kind(record: Record[object], kind: str) -> list[Registration]:
    return [entry for entry in record.talk.registrations if entry.kind == kind]


def _first_fault(
    entries: list[Registration],
    fault: Callable[[Any], str | None],
    *,
    expected: str,
    remedy: str,
    nothing: str,
) -> Finding:
    """The finding on the first registration with a fault, told by ``fault`` in words."""
    if not entries:
        return not_applicable(nothing)
    for entry in entries:
        seen = fault(entry.message.json)
        if seen is not None:
            return broken(expected=expected, seen=seen, events=(entry.message,), remedy=remedy)
    return kept(f"{len(entries)} looked at", entries[0].message)


@check("REG-001", looking_back)
def functions_have_ids(record: Record[object]) -> Finding:
    """A function without an id can never be invoked."""
    return _first_fault(
        _of_kind(record, "registerfunction"),
        lambda body: (
            None
            if isinstance(body.get("id"), str) and body["id"].strip()
            else f"the id {body.get('id')!r}"
        ),
        expected="a function id that is text and not empty",
        remedy="Name the function namespace::action.",
        nothing="it registers no function",
    )


@check("REG-002", looking_back, odd_messages)
def registers_each_id_once(*records: Record[Any]) -> Finding:
    """A second registration of an id on a connection replaces the first without a word."""
    findings = [_once(record) for record in records]
    return next((f for f in findings if f.conclusion is Conclusion.BROKEN), findings[0])


def _once(record: Record[Any]) -> Finding:
    seen: Counter[tuple[int, str, str]] = Counter()
    entries = [entry for entry in record.talk.registrations if isinstance(entry.id, str)]
    if not entries:
        return not_applicable("it registers nothing")
    taken_back = _unregistered(record)
    for entry in entries:
        key = (entry.message.connection, entry.kind, entry.id)
        seen[key] += 1
        if seen[key] > 1 and (entry.kind, json.dumps(entry.id)) not in taken_back:
            return broken(
                expected="each id registered once on a connection",
                seen=f"{entry.kind} {entry.id!r} came {seen[key]} times",
                events=tuple(
                    e.message for e in entries if (e.kind, e.id) == (entry.kind, entry.id)
                )[:4],
                remedy="Queue registrations made before the connection is open, "
                "or replay them on connect; not both.",
            )
    return kept(f"{len(entries)} registrations, each id once")


def _unregistered(record: Record[Any]) -> set[tuple[str, str]]:
    undo = {undo: kind for kind, undo in REGISTRATIONS.items()}
    return {
        (undo[message.type], json.dumps(message.json.get("id")))
        for message in record.talk.messages()
        if message.type in undo
    }


@check("REG-003", looking_back)
def names_functions_by_convention(record: Record[object]) -> Finding:
    """``namespace::action`` keeps the functions of many workers apart."""
    return _first_fault(
        _of_kind(record, "registerfunction"),
        lambda body: None if _conventional(body.get("id")) else f"the id {body.get('id')!r}",
        expected="a function id of the form namespace::action",
        remedy="Put the name of the service in front, as in orders::create.",
        nothing="it registers no function",
    )


def _conventional(function_id: object) -> bool:
    if not isinstance(function_id, str):
        return False
    parts = function_id.split("::")
    return len(parts) > 1 and all(parts)


@check("REG-004", looking_back)
def triggers_are_complete(record: Record[object]) -> Finding:
    """The engine drops a trigger that lacks a field, silently."""

    def fault(body: Any) -> str | None:
        lacking = [name for name in TRIGGER_FIELDS if name not in body]
        lacking += [
            name for name in TRIGGER_FIELDS[:3] if name in body and not _is_name(body[name])
        ]
        return "missing or empty: " + ", ".join(lacking) if lacking else None

    return _first_fault(
        _of_kind(record, "registertrigger"),
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
    entries = _of_kind(record, "registertrigger")
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

    return _first_fault(
        _of_kind(record, "registertrigger"),
        fault,
        expected="a trigger on a function that the worker registers",
        remedy="Register the function under exactly this id.",
        nothing="it registers no trigger",
    )


@check("REG-007", looking_back)
def formats_are_json_schema(record: Record[object]) -> Finding:
    """Callers and tools read the formats as JSON Schema."""

    def fault(body: Any) -> str | None:
        for name in ("request_format", "response_format"):
            if body.get(name) is not None:
                violation = validate_schema_document(body[name])
                if violation is not None:
                    return f"{name} of {body.get('id')!r}: {violation.message}"
        return None

    entries = [
        entry
        for entry in _of_kind(record, "registerfunction")
        if entry.message.json.get("request_format") is not None
        or entry.message.json.get("response_format") is not None
    ]
    return _first_fault(
        entries,
        fault,
        expected="a valid JSON Schema",
        remedy="Send a JSON Schema object, or leave the format out.",
        nothing="it gives no formats",
    )


@check("REG-008", looking_back)
def trigger_types_are_described(record: Record[object]) -> Finding:
    """The engine cannot read a trigger type without a description."""
    return _first_fault(
        _of_kind(record, "registertriggertype"),
        lambda body: (
            None
            if isinstance(body.get("description"), str)
            else f"the description {body.get('description')!r}"
        ),
        expected="a trigger type with a description that is text",
        remedy="Send a description; an empty one will do.",
        nothing="it registers no trigger type",
    )


SAYING = frozenset(
    {
        *("type", "enum", "const", "properties", "required", "items", "prefixItems"),
        *("$ref", "anyOf", "oneOf", "allOf", "not", "if", "pattern", "format"),
        *("minimum", "maximum", "minLength", "maxLength", "additionalProperties"),
        *("patternProperties", "description"),
    }
)
"""Keywords of JSON Schema that rule something out, or tell a person that nothing is."""


@check("REG-011", looking_back)
def formats_say_something(record: Record[object]) -> Finding:
    """Callers, fuzzers and language models make calls from the request format."""

    def fault(body: Any) -> str | None:
        given = body["request_format"]
        if given is True or (isinstance(given, dict) and not SAYING & set(given)):
            return f"request_format of {body.get('id')!r} allows anything: {given!r}"
        return None

    entries = [
        entry
        for entry in _of_kind(record, "registerfunction")
        if entry.message.json.get("request_format") is not None
        and not str(entry.id).startswith(PREFIX)
    ]
    return _first_fault(
        entries,
        fault,
        expected="a request format that says what a call has to hold",
        remedy="Describe the members of the data; in Rust, take a typed struct, not Value.",
        nothing="none but well-known functions, which may take anything, give a request format",
    )


BRIEF = {"api_path": "/conformance/brief", "http_method": "GET"}


@trial(Worker.OWN)
async def taking_back(harness: Harness) -> None:
    """Let the worker register and take back a function and, if it can, a trigger."""
    register, unregister = harness.invoker.role("register"), harness.invoker.role("unregister")
    await harness.worker.start()
    await harness.presence.ready()
    await harness.invoker.reply(harness.invoker.invoke(register, {"id": "brief"}))
    await harness.invoker.reply(harness.invoker.invoke(unregister, {"id": "brief"}))
    if not harness.invoker.plays("bind") or not harness.invoker.plays("unbind"):
        return
    bound = harness.invoker.invoke(harness.invoker.role("bind"), {"type": "http", "config": BRIEF})
    answer = await harness.invoker.reply(bound)
    result = answer.json.get("result") if answer is not None else None
    if isinstance(result, dict):
        await harness.invoker.reply(
            harness.invoker.invoke(harness.invoker.role("unbind"), {"id": result.get("id")})
        )


@check("REG-013", taking_back)
def takes_back_by_id(record: Record[None]) -> Finding:
    """The engine finds what is to go by its id, and the provider of a trigger by its type."""
    wanted = [("unregisterfunction", "conformance::extra::brief")]
    wanted += [
        ("unregistertrigger", str(r.id))
        for r in record.talk.registrations
        if r.kind == "registertrigger" and r.message.json.get("config") == BRIEF
    ]
    sent = {
        (m.type, str(m.json.get("id"))): m for m in record.talk.messages() if m.type is not None
    }
    for kind, identity in wanted:
        message = sent.get((kind, identity))
        if message is None:
            return broken(
                expected=f"{kind} with the id {identity!r}",
                seen="no such message",
                remedy=f"Send {kind} with the id that was registered.",
            )
        if kind == "unregistertrigger" and message.json.get("trigger_type") != "http":
            return broken(
                expected="the trigger_type of the trigger, http, beside its id",
                seen=repr(message.json.get("trigger_type")),
                events=(message,),
                remedy="Send trigger_type with unregistertrigger: without it no provider hears.",
            )
    return kept(f"{len(wanted)} registrations were taken back by their ids")
