"""The namespaces of the functions that a worker calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.environments import OTHER, OWN, THERE, Variables, configured
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json
from mock_engine.transcript import Message


def _called(record: Record[Variables], function_id: str) -> Message | None:
    found = [
        message
        for message in record.talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]
    return found[0] if found else None


ENGINES_OWN = ("engine::", "state::", "stream::", "kv_server::", "iii::")
"""The prefix of the ids of the engine's own functions."""

NO_CALL = "it made no such call; this takes a function that plays the part of conformance::call"


def _namespace(record: Record[Any], number: int | None = None) -> str | None:
    """The namespace that the worker announced on a connection, if it is not the default one."""
    for call in record.talk.announcements(number):
        data = call.json.get("data")
        namespace = data.get("namespace") if isinstance(data, dict) else None
        if isinstance(namespace, str) and namespace != "default":
            return namespace
    return None


@check("CAL-010", configured)
def calls_within_its_namespace(record: Record[Variables]) -> Finding:
    """The engine looks for a function in the default namespace unless the call names another."""
    targets = (relay.target for relay in record.baseline.knowledge.relays)
    relays = sorted(targets, key=lambda target: target.startswith(ENGINES_OWN))
    called = (_called(record, function_id) for function_id in (OWN, *relays))
    call = next(filter(None, called), None)
    namespace = _namespace(record)
    if call is None:
        return inconclusive(NO_CALL)
    if namespace is None:
        return inconclusive("it announced no namespace: see ANN-006")
    if call.json.get("namespace") == namespace:
        return kept(f"the call names the namespace {as_json(namespace)}", call)
    if str(call.json.get("function_id")).startswith(ENGINES_OWN):
        return inconclusive("it called functions of the engine alone, which are in no other")
    return broken(
        expected=f"the worker's namespace {as_json(namespace)} in a call that names no other",
        seen=as_json(call.json.get("namespace")),
        events=(call,),
        remedy="Fill `namespace` of a call with the worker's own.",
    )


@always(
    "CAL-011",
    "calls of the engine by a worker in a namespace of its own",
    inconclusive("it announced no namespace: see ANN-006"),
)
def calls_the_engine_where_it_is(record: Record[object]) -> Iterator[Finding | None]:
    """The engine's own functions exist only in the default namespace."""
    for call in record.talk.messages():
        if call.type != "invokefunction" or _namespace(record, call.connection) is None:
            continue
        if not str(call.json.get("function_id")).startswith("engine::"):
            continue
        yield (
            None
            if call.json.get("namespace") in (None, "default")
            else broken(
                expected="no namespace, or default, in a call of a function of the engine",
                seen=f"the namespace {as_json(call.json['namespace'])} in a call of "
                f"{call.json['function_id']}",
                events=(call,),
                remedy="Leave the worker's namespace out of calls of engine::….",
            )
        )


@check("CAL-012", configured)
def calls_where_it_is_told(record: Record[Variables]) -> Finding:
    """A caller that names a namespace wants the function in that namespace."""
    call = _called(record, OTHER)
    if call is None:
        return inconclusive(NO_CALL)
    if call.json.get("namespace") == THERE["namespace"]:
        return kept("the namespace that was asked for is in the call", call)
    return broken(
        expected=f"the namespace {as_json(THERE['namespace'])}, as the caller asked",
        seen=as_json(call.json.get("namespace")),
        events=(call,),
        remedy="Fill in the worker's namespace only where the caller names none.",
    )
