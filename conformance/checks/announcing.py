"""Announcing: the call of ``engine::workers::register`` on each connection."""

from __future__ import annotations

from conformance.checks.stimuli.environments import Variables, blank_environment, configured
from conformance.checks.stimuli.living import looking_back
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check
from mock_engine.transcript import Answered, Message

GRACE = 5.0
"""Seconds after which the engine puts an unannounced worker into the default namespace."""


FIELDS: dict[str, type] = {"runtime": str, "version": str, "name": str, "os": str, "pid": int}


REMEDY = (
    'Send {"type":"invokefunction","function_id":"engine::workers::register",'
    '"action":{"type":"void"},"data":{"runtime":…,"version":…,"name":…,"os":…,"pid":…}} '
    "on every new connection."
)


@check("ANN-001", looking_back)
def announces_itself(record: Record[object]) -> Finding:
    """Every connection that carries registrations belongs to an announced worker."""
    workers = record.talk.workers
    if not workers:
        silent = record.talk.silent
        if not silent:
            return inconclusive("it opened no connection: see CON-001")
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


@check("ANN-002", looking_back)
def says_what_it_is(record: Record[object]) -> Finding:
    """Operators list workers by these fields."""
    calls = record.talk.announcements()
    if not calls:
        return inconclusive("it announced nothing: see ANN-001")
    for call in calls:
        data = _data(call)
        lacking = [
            name
            for name, kind in FIELDS.items()
            if not isinstance(data.get(name), kind)
            or isinstance(data.get(name), bool)
            or data.get(name) == ""
        ]
        if lacking:
            return broken(
                expected="runtime, version, name and os as text, pid as a whole number",
                seen="missing or of another type: " + ", ".join(lacking),
                events=(call,),
                remedy=REMEDY,
            )
    return kept("runtime, version, name, os and pid are there", calls[0])


@check("ANN-003", looking_back)
def announces_in_time(record: Record[object]) -> Finding:
    """What an unannounced worker registers is held back for five seconds."""
    upgraded = {e.connection: e.at for e in record.events if isinstance(e, Answered)}
    delays = [
        (calls[0].at - upgraded[number], calls[0])
        for number in record.talk.workers
        if (calls := record.talk.announcements(number))
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
    return kept(f"announced {longest:.2f} s after the upgrade at the latest")


@check("ANN-004", looking_back)
def names_no_blank_namespace(record: Record[object]) -> Finding:
    """A blank namespace is refused with INVALID_NAMESPACE."""
    for call in record.talk.announcements():
        namespace = _data(call).get("namespace")
        if isinstance(namespace, str) and not namespace.strip():
            return broken(
                expected="no namespace, or one with a name",
                seen=f"the namespace {namespace!r}",
                events=(call,),
                remedy="Leave the field out to register in the default namespace.",
            )
    if not record.talk.announcements():
        return inconclusive("it announced nothing: see ANN-001")
    return kept("no announcement names a blank namespace")


def _data(call: Message) -> dict[str, object]:
    data = call.json.get("data")
    return data if isinstance(data, dict) else {}


@check("ANN-008", looking_back)
def names_are_unique(record: Record[object]) -> Finding:
    """The second one of a name is refused, and a worker that is refused ends."""
    named: dict[tuple[str, str], Message] = {}
    for number in record.talk.workers:
        calls = record.talk.announcements(number)
        if not calls:
            continue
        data = _data(calls[-1])
        name, namespace = data.get("name"), data.get("namespace") or "default"
        if not isinstance(name, str) or not name.strip():
            continue
        other = named.setdefault((str(namespace), name), calls[-1])
        if other.connection != calls[-1].connection and _overlap(record, other, calls[-1]):
            return broken(
                expected="a name of its own for each connection that announces a worker",
                seen=f"the name {name!r} on connections #{other.connection} and "
                f"#{calls[-1].connection}",
                events=(other, calls[-1]),
                remedy="Give an auxiliary connection another name, or do not announce it.",
            )
    if not named:
        return inconclusive("it announced no name: see ANN-001 and ANN-002")
    return kept(f"{len(named)} names, none twice")


def _overlap(record: Record[object], first: Message, second: Message) -> bool:
    """Whether the connection of the first announcement was open when the second came."""
    end = record.talk.ends.get(first.connection)
    return end is None or end.at > second.at


def _takes(record: Record[Variables], field: str, value: str, variable: str) -> Finding:
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
def takes_its_name(record: Record[Variables]) -> Finding:
    """Supervisors name the workers they start, and look for them under that name."""
    return _takes(record, "name", record.result.name, "III_WORKER_NAME")


@check("ANN-006", configured)
def takes_its_namespace(record: Record[Variables]) -> Finding:
    """One image serves many namespaces."""
    return _takes(record, "namespace", record.result.namespace, "III_NAMESPACE")


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
