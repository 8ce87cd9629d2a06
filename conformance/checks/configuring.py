"""Configuring: what a worker takes from its environment."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.stage import Stage
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept, unproven
from mock_engine.transcript import Requested


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment held."""

    name: str
    namespace: str
    token: str


GIVEN = Given("conformance-given-name", "conformance-blue", "conformance-token")


@trial(Worker.OWN)
async def configured(stage: Stage) -> Given:
    """Start the worker with a name, a namespace and a token in its environment."""
    await stage.start(
        {
            "III_WORKER_NAME": GIVEN.name,
            "III_NAMESPACE": GIVEN.namespace,
            "III_TOKEN": GIVEN.token,
        }
    )
    await stage.ready()
    return GIVEN


def _announced(record: Record[Given], field: str, value: str, variable: str) -> Finding:
    calls = record.talk.announcements()
    if not calls:
        return unproven("it announced nothing: see ANN-001")
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
    return kept("the token came with the upgrade request") if requests else unproven("no request")


@trial(Worker.OWN)
async def blank_environment(stage: Stage) -> None:
    """Start the worker with a namespace of blanks in its environment."""
    await stage.start({"III_NAMESPACE": "  "})
    await stage.ready()


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
