"""Configuring: what a worker takes from its environment."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Message, Requested


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment held."""

    name: str
    namespace: str
    token: str


GIVEN = Given("conformance-given-name", "conformance-blue", "conformance-token")


OWN, OTHER = "conformance::in-the-own-namespace", "conformance::in-another-namespace"
ENGINES = "engine::functions::list"
THERE = {"namespace": "conformance-green"}


@trial(Worker.OWN)
async def configured(harness: Harness) -> Given:
    """Start the worker with a name, a namespace and a token in its environment."""
    await harness.worker.start(
        {
            "III_WORKER_NAME": GIVEN.name,
            "III_NAMESPACE": GIVEN.namespace,
            "III_TOKEN": GIVEN.token,
        }
    )
    await harness.presence.ready()
    if harness.invoker.plays("call"):
        asked = ({"function_id": OWN}, {"function_id": ENGINES}, {"function_id": OTHER, **THERE})
        calls = [
            harness.invoker.invoke(harness.invoker.role("call"), {**each, "data": {}})
            for each in asked
        ]
        await harness.until(
            lambda: all(harness.invoker.replies(call) for call in calls), harness.pace.reply
        )
    return GIVEN


def _announced(record: Record[Given], field: str, value: str, variable: str) -> Finding:
    calls = record.talk.announcements()
    if not calls:
        return inconclusive("it announced nothing: see ANN-001")
    data = calls[0].json.get("data")
    seen = data.get(field) if isinstance(data, dict) else None
    if seen == value:
        return kept(f"announced {field} {value!r}", calls[0])
    return broken(
        expected=f"the {field} {value!r}, as {variable} says",
        seen=repr(seen),
        events=(calls[0],),
        remedy=f"Read {variable} when the worker starts.",
    )


@check("ANN-005", configured)
def takes_its_name(record: Record[Given]) -> Finding:
    """Supervisors name the workers they start, and look for them under that name."""
    return _announced(record, "name", record.result.name, "III_WORKER_NAME")


@check("ANN-006", configured)
def takes_its_namespace(record: Record[Given]) -> Finding:
    """One image serves many namespaces."""
    return _announced(record, "namespace", record.result.namespace, "III_NAMESPACE")


@check("CON-008", configured)
def sends_its_token(record: Record[Given]) -> Finding:
    """An engine that asks for a token refuses the upgrade without one."""
    expected = f"Bearer {record.result.token}"
    requests: list[Requested] = [
        record.talk.requests[number]
        for number in record.talk.workers
        if number in record.talk.requests
    ]
    for requested in requests:
        seen = requested.request.header("authorization")
        if seen != expected:
            return broken(
                expected=f"the header Authorization: {expected}",
                seen=repr(seen),
                events=(requested,),
                remedy="Send the token in III_TOKEN with the upgrade request.",
            )
    return (
        kept("the token came with the upgrade request") if requests else inconclusive("no request")
    )


def _called(record: Record[Given], function_id: str) -> Message | None:
    found = [
        message
        for message in record.talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]
    return found[0] if found else None


NO_CALL = "it made no such call; this takes a function that plays the part of conformance::call"


def _announced_namespace(record: Record[Given]) -> object:
    calls = record.talk.announcements()
    data = calls[0].json.get("data") if calls else None
    return data.get("namespace") if isinstance(data, dict) else None


@check("CAL-010", configured)
def calls_within_its_namespace(record: Record[Given]) -> Finding:
    """The engine looks for a function in the default namespace unless the call names another."""
    call = _called(record, OWN)
    namespace = _announced_namespace(record)
    if call is None:
        return inconclusive(NO_CALL)
    if not isinstance(namespace, str):
        return inconclusive("it announced no namespace: see ANN-006")
    if call.json.get("namespace") == namespace:
        return kept(f"the call names the namespace {namespace!r}", call)
    return broken(
        expected=f"the worker's namespace {namespace!r} in a call that names no other",
        seen=repr(call.json.get("namespace")),
        events=(call,),
        remedy="Fill `namespace` of a call with the worker's own.",
    )


@check("CAL-011", configured)
def calls_the_engine_where_it_is(record: Record[Given]) -> Finding:
    """The engine's own functions are in the default namespace alone."""
    calls = [
        message
        for message in record.talk.messages()
        if message.type == "invokefunction"
        and str(message.json.get("function_id")).startswith("engine::")
    ]
    for call in calls:
        if call.json.get("namespace") not in (None, "default"):
            return broken(
                expected="no namespace, or default, in a call of a function of the engine",
                seen=repr(call.json["namespace"]),
                events=(call,),
                remedy="Leave the worker's namespace out of calls of engine::….",
            )
    if not calls:
        return inconclusive("it called no function of the engine")
    if _announced_namespace(record) in (None, "default"):
        return inconclusive("it announced no namespace: see ANN-006")
    return kept(f"{len(calls)} calls of the engine, without the worker's namespace", calls[0])


@check("CAL-012", configured)
def calls_where_it_is_told(record: Record[Given]) -> Finding:
    """Whoever names a namespace means that one."""
    call = _called(record, OTHER)
    if call is None:
        return inconclusive(NO_CALL)
    if call.json.get("namespace") == THERE["namespace"]:
        return kept("the namespace that was asked for is in the call", call)
    return broken(
        expected=f"the namespace {THERE['namespace']!r}, as the caller asked",
        seen=repr(call.json.get("namespace")),
        events=(call,),
        remedy="Fill in the worker's namespace only where the caller names none.",
    )


@trial(Worker.OWN)
async def blank_environment(harness: Harness) -> None:
    """Start the worker with a name and a namespace of blanks in its environment."""
    await harness.worker.start({"III_NAMESPACE": "  ", "III_WORKER_NAME": " "})
    await harness.presence.ready()


@check("ANN-007", blank_environment)
def takes_blank_as_unset(record: Record[None]) -> Finding:
    """A template that is not filled in leaves blanks behind."""
    for call in record.talk.announcements():
        data = call.json.get("data")
        namespace = data.get("namespace") if isinstance(data, dict) else None
        if namespace is not None:
            return broken(
                expected="no namespace, since III_NAMESPACE holds only blanks",
                seen=f"the namespace {namespace!r}",
                events=(call,),
                remedy="Treat a variable of blanks as one that is not set.",
            )
    return kept("blanks count as not set")


@check("ANN-009", blank_environment)
def takes_a_blank_name_as_unset(record: Record[None]) -> Finding:
    """Operators cannot tell workers without a name apart."""
    for call in record.talk.announcements():
        data = call.json.get("data")
        name = data.get("name") if isinstance(data, dict) else None
        if not isinstance(name, str) or not name.strip():
            return broken(
                expected="a name of the worker's own, since III_WORKER_NAME holds only blanks",
                seen=f"the name {name!r}",
                events=(call,),
                remedy="Fall back to hostname:pid where no name is given.",
            )
    return kept("blanks count as no name")
