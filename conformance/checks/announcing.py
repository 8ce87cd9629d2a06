"""Announcing: the call of ``engine::workers::register`` on each connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.environments import Variables, blank_environment, configured
from conformance.checks.stimuli.living import looking_back
from conformance.checks.stimuli.losing import first_series
from conformance.checks.stimuli.starting import CUT_SHORT
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, FrameSeen, Message

GRACE = 5.0
"""Seconds after which the engine puts an unannounced worker into the default namespace."""


FIELDS: dict[str, type] = {"runtime": str, "version": str, "name": str, "os": str, "pid": int}


REMEDY = (
    'Send {"type":"invokefunction","function_id":"engine::workers::register",'
    '"action":{"type":"void"},"data":{"runtime":…,"version":…,"name":…,"os":…,"pid":…}} '
    "on every new connection."
)

SILENT = inconclusive("it announced nothing: see ANN-001")


@check("ANN-001", looking_back)
def announces_itself(record: Record[object]) -> Finding:
    """The engine learns which worker a connection belongs to from the announcement on it."""
    workers = record.talk.workers
    if not workers:
        silent = record.talk.silent
        if not silent:
            return inconclusive("it opened no connection: see CON-001")
        if record.baseline.diagnosis is not None:
            return CUT_SHORT
        return broken(
            expected="a call of engine::workers::register",
            seen=f"{len(silent)} WebSocket connection(s) on which the worker said nothing",
            events=record.events[-6:],
            remedy=REMEDY,
        )
    for number in workers:
        if not record.talk.announcements(number):
            return broken(
                expected="a call of engine::workers::register on each worker's connection",
                seen=f"none on connection #{number}",
                events=tuple(e for e in record.events if e.connection == number)[-6:],
                remedy=REMEDY,
            )
    return kept("it announced itself on every connection", *record.talk.announcements()[:1])


@always("ANN-002", "announcements", SILENT)
def says_what_it_is(record: Record[object]) -> Iterator[Finding | None]:
    """Operators use these fields to tell the workers in a list apart."""
    for call in record.talk.announcements():
        data = _data(call)
        lacking = [name for name, kind in FIELDS.items() if not _is_told(data.get(name), kind)]
        yield (
            None
            if not lacking
            else broken(
                expected="runtime, version, name and os as text, pid as a whole number above 0",
                seen="missing or of another type: " + ", ".join(lacking),
                events=(call,),
                remedy=REMEDY,
            )
        )


def _is_told(value: object, kind: type) -> bool:
    """Whether a field has the right type and a meaningful value."""
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return value > 0 if isinstance(value, int) else bool(value)


@check("ANN-003", looking_back, first_series)
def announces_in_time(*records: Record[Any]) -> Finding:
    """The engine holds back the registrations of an unannounced worker for five seconds."""
    delays = [
        (calls[0].at - record.talk.upgrades[number].at, calls[0])
        for record in records
        for number in record.talk.workers
        if (calls := record.talk.announcements(number)) and number in record.talk.upgrades
    ]
    if not delays:
        return inconclusive("it announced nothing: see ANN-001")
    longest, call = max(delays, key=lambda delay: delay[0])
    if longest > GRACE:
        return broken(
            expected=f"the announcement within {GRACE:.0f} s of the upgrade",
            seen=f"it came after {longest:.1f} s",
            events=(call,),
            remedy="Announce first; functions may be registered at any time afterwards.",
        )
    return kept(f"{len(delays)} announcements, {longest:.2f} s after the upgrade at the latest")


@always("ANN-004", "announcements", SILENT)
def names_no_blank_namespace(record: Record[object]) -> Iterator[Finding | None]:
    """The engine refuses a blank namespace with INVALID_NAMESPACE."""
    for call in record.talk.announcements():
        namespace = _data(call).get("namespace")
        blank = isinstance(namespace, str) and not namespace.strip()
        yield (
            None
            if not blank
            else broken(
                expected="no namespace, or one with a name",
                seen=f"the namespace {as_json(namespace)}",
                events=(call,),
                remedy="Leave the field out to register in the default namespace.",
            )
        )


def _data(call: Message) -> dict[str, object]:
    data = call.json.get("data")
    return data if isinstance(data, dict) else {}


@always("ANN-008", "names", inconclusive("it announced no name: see ANN-001 and ANN-002"))
def names_are_unique(record: Record[object]) -> Iterator[Finding | None]:
    """The engine refuses a second connection of the same name, and a refused worker ends."""
    named: dict[tuple[str, str], Message] = {}
    for number in record.talk.workers:
        calls = record.talk.announcements(number)
        data = _data(calls[-1]) if calls else {}
        name, namespace = data.get("name"), data.get("namespace") or "default"
        if not isinstance(name, str) or not name.strip():
            continue
        other = named.get((str(namespace), name))
        named[str(namespace), name] = calls[-1]
        twice = other is not None and _overlap(record, other, calls[-1])
        yield (
            None
            if other is None or not twice
            else broken(
                expected="a name of its own for each connection that announces a worker",
                seen=f"the name {as_json(name)} on two connections at a time",
                events=(other, calls[-1]),
                remedy="Give an auxiliary connection another name, or do not announce it.",
            )
        )


def _overlap(record: Record[object], first: Message, second: Message) -> bool:
    """Whether the worker still used the connection of the first announcement after the second.

    A connection that the worker lost, and the engine still took for alive, does not count: see
    REC-022.
    """
    return any(
        isinstance(event, FrameSeen)
        and event.connection == first.connection
        and event.direction is Direction.FROM_WORKER
        and event.at > second.at
        for event in record.events
    )


def _takes(record: Record[Variables], field: str, value: str, variable: str) -> Finding:
    calls = record.talk.announcements()
    if not calls:
        return inconclusive("it announced nothing: see ANN-001")
    lost = record.talk.ends.get(calls[0].connection)
    early = [call for call in calls if lost is None or call.at <= lost.at]
    later = [call for call in calls if call not in early]
    for when, made in (("", early), (" after a reconnect", later)):
        # Of several workers in a process at least one has the name.
        seen = [_data(call).get(field) for call in made]
        if made and value not in seen:
            return broken(
                expected=f"the {field} {as_json(value)}{when}, as {variable} says",
                seen=as_json(seen[0]),
                events=(made[0],),
                remedy=f"Read {variable} when the worker starts, and keep it.",
            )
    return kept(f"announced {field} {as_json(value)}", calls[0])


@check("ANN-005", configured)
def takes_its_name(record: Record[Variables]) -> Finding:
    """Supervisors name the workers they start, and look for them under that name."""
    return _takes(record, "name", record.result.name, "III_WORKER_NAME")


@check("ANN-006", configured)
def takes_its_namespace(record: Record[Variables]) -> Finding:
    """The same container image is deployed in many namespaces."""
    return _takes(record, "namespace", record.result.namespace, "III_NAMESPACE")


@check("ANN-007", blank_environment)
def takes_blank_as_unset(record: Record[None]) -> Finding:
    """A deployment template that is not filled in sets the variable to a blank."""
    for call in record.talk.announcements():
        data = call.json.get("data")
        namespace = data.get("namespace") if isinstance(data, dict) else None
        if namespace is not None:
            return broken(
                expected="no namespace, since III_NAMESPACE holds only blanks",
                seen=f"the namespace {as_json(namespace)}",
                events=(call,),
                remedy="Treat a variable of blanks as one that is not set.",
            )
    return kept("blanks count as not set")


@check("ANN-009", blank_environment)
def takes_a_blank_name_as_unset(record: Record[None]) -> Finding:
    """Operators cannot tell workers apart if they have no name."""
    for call in record.talk.announcements():
        data = call.json.get("data")
        name = data.get("name") if isinstance(data, dict) else None
        if not isinstance(name, str) or not name.strip():
            return broken(
                expected="a name of the worker's own, since III_WORKER_NAME holds only blanks",
                seen=f"the name {as_json(name)}",
                events=(call,),
                remedy="Fall back to hostname:pid where no name is given.",
            )
    return kept("blanks count as no name")
