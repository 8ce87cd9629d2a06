"""Where a worker dials, and what it sends with the upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.environments import Variables, configured
from conformance.checks.stimuli.returning import let_it_come_back
from conformance.checks.stimuli.starting import CUT_SHORT, Address, appearing
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.subject.environment import url
from conformance.subject.process import describe_exit
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Accepted, Answered, Requested


@check("CON-008", configured)
def sends_its_token(record: Record[Variables]) -> Finding:
    """An engine that requires a token refuses an upgrade request without one."""
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
                seen=as_json(seen),
                events=(requested,),
                remedy="Send the token in III_TOKEN with the upgrade request.",
            )
    return (
        kept(f"the token came with each of {len(requests)} upgrade requests")
        if requests
        else inconclusive("no request")
    )


UPGRADE_DEADLINE = 10.0
"""Seconds the engine grants from the TCP connection to the complete upgrade request."""


@check("CON-001", appearing)
def opens_a_connection(record: Record[Address]) -> Finding:
    """The engine reaches a worker only over a connection on which the worker has spoken."""
    spoke = record.talk.workers
    where = url(record.result.host, record.result.port)
    if (diagnosis := record.baseline.diagnosis) is not None:
        return broken(
            expected=f"a WebSocket connection to {where}, by the process that was started, for as "
            "long as it gets no signal",
            seen=diagnosis.seen,
            events=record.events[-4:],
            remedy=diagnosis.remedy,
        )
    if spoke:
        several = f" ({len(spoke)} workers in one process)" if len(spoke) > 1 else ""
        return kept(f"a worker spoke on connection #{spoke[0]}{several}")
    accepted = _of(record, Accepted)
    if not accepted:
        return broken(
            expected=f"a WebSocket connection to {where} "
            f"within {record.result.patience:.0f} s of the start",
            seen=f"no connection; the process {_fate(record.result)}",
            remedy="Connect to the address in III_URL (or {url} in the command); "
            "--timeout-factor gives a slow start more time.",
        )
    if not _upgraded(record):
        return inconclusive("its connections did not become WebSockets: see CON-003")
    return inconclusive(
        "its connections said nothing, so none is known to be a worker's: see ANN-001"
    )


@always("CON-002", "connections", inconclusive("no worker spoke: see CON-001"))
def dials_the_root_path(record: Record[object]) -> Iterator[Finding | None]:
    """The engine serves workers only on the path ``/``."""
    for number in record.talk.workers:
        request = record.talk.requests.get(number)
        if request is not None:
            yield (
                None
                if request.request.path == "/"
                else broken(
                    expected="the path / in the upgrade request of a worker",
                    seen=f"the path {request.request.path}",
                    events=(request,),
                    remedy="Dial the address as it is given; /otel is for telemetry.",
                )
            )


@check("CON-003", appearing)
def completes_the_upgrade(record: Record[Address]) -> Finding:
    """The engine gives up a connection that is not upgraded before its deadline."""
    accepted = {event.connection: event for event in _of(record, Accepted)}
    upgraded = {event.connection: event for event in _upgraded(record)}
    if not accepted:
        return inconclusive("it opened no connection: see CON-001")
    spoke = record.talk.workers
    for number, begin in accepted.items():
        took = upgraded[number].at - begin.at if number in upgraded else None
        if spoke and number not in spoke:
            continue
        if took is None and record.baseline.diagnosis is not None:
            return CUT_SHORT
        if took is None or took > UPGRADE_DEADLINE:
            seen = "no upgrade" if took is None else f"an upgrade after {took:.1f} s"
            return broken(
                expected=f"a complete WebSocket upgrade within {UPGRADE_DEADLINE:.0f} s",
                seen=f"{seen} on connection #{number}",
                events=tuple(e for e in record.events if e.connection == number)[:6],
                remedy="Send the whole upgrade request of RFC 6455 at once, with "
                "Sec-WebSocket-Key and Sec-WebSocket-Version: 13.",
            )
    if not spoke:
        return inconclusive("its connections said nothing: see ANN-001")
    return kept("every worker's connection became a WebSocket in time")


@check("CON-006", appearing)
def dials_the_address_it_is_given(record: Record[Address]) -> Finding:
    """A worker that ignores its address dials the default port, where its engine may not be."""
    numbers = record.talk.workers
    strayed = [
        event
        for event in _of(record, Accepted)
        if event.connection in numbers and event.port != record.result.port
    ]
    if strayed:
        return broken(
            expected=f"a connection to port {record.result.port}, as III_URL says",
            seen=f"a connection to port {strayed[0].port}",
            events=tuple(strayed),
            remedy="Read III_URL before falling back to the default address. "
            "The worker was found on the default port and judged there.",
        )
    return kept(f"it dialled port {record.result.port}")


QUERY = "token=conformance&team=blue%20team"


@trial(Worker.OWN)
async def with_a_query(harness: Harness) -> bool:
    """Give the worker an address with a query, and make it dial that twice.

    Return whether its command can take a query.
    """
    if harness.baseline.port == harness.settings.default_port:
        raise Inconclusive("this takes a worker that dials the address it is given: see CON-006")
    await harness.worker.start(query=QUERY)
    if not await harness.presence.spoke():
        raise Inconclusive("it did not connect to an address with a query")
    await harness.presence.settled()
    await let_it_come_back(harness)
    words = harness.settings.subject.text
    return "{url}" in words or not ("{port}" in words or "{host}" in words)


@check("CON-009", with_a_query)
def keeps_the_query(record: Record[bool]) -> Finding:
    """A guarded engine uses the query of the address to decide whether to admit a worker."""
    numbers = record.talk.workers
    requests = [record.talk.requests[number] for number in numbers]
    lacking = [r for r in requests if not _holds(r.request.query)]
    if not lacking:
        return kept(
            f"the query of the address came with each of {len(requests)} upgrade requests",
            *requests[:1],
        )
    if not record.result:
        return inconclusive("its command takes host and port, so that no query reaches it")
    return broken(
        expected=f"the query {as_json(QUERY)} of the address in the upgrade request",
        seen=as_json(lacking[0].request.target),
        events=(lacking[0],),
        remedy="Dial the address as it is given, with its query.",
    )


def _holds(query: str) -> bool:
    """Whether a query contains what was given, in any order and encoding."""
    return set(parse_qsl(QUERY)) <= set(parse_qsl(query))


def _of(record: Record[Address], kind: type[Accepted]) -> list[Accepted]:
    return [event for event in record.events if isinstance(event, kind)]


def _upgraded(record: Record[Address]) -> list[Answered]:
    return [e for e in record.events if isinstance(e, Answered) and e.status == 101]


def _fate(address: Address) -> str:
    if address.exit_code is None:
        return "is still running"
    return f"ended with {describe_exit(address.exit_code)}"
