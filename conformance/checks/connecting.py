"""Connecting: from the start of the process to an open WebSocket."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qsl

from conformance.stage import Stage
from conformance.subject.environment import url
from conformance.subject.process import describe_exit
from conformance.trial import Record, Unmet, Worker, check, trial
from conformance.verdict import Finding, broken, kept, not_applicable, unproven
from mock_engine.engine import TELEMETRY
from mock_engine.faults import Accept, End, Refuse, Reject, Stall, rule
from mock_engine.transcript import Accepted, Answered

UPGRADE_DEADLINE = 10.0
"""Seconds the engine grants from the TCP connection to the complete upgrade request."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the worker was told to dial, and how its process fared."""

    host: str
    port: int
    exit_code: int | None
    patience: float


@trial(Worker.SHARED)
async def appearing(stage: Stage) -> Address:
    """The first run, as far as it has come: nothing is done to the worker."""
    return Address(
        stage.place.host, stage.listener.port, stage.process.exit_code, stage.pace.appearance
    )


@check("CON-001", appearing)
def opens_a_connection(record: Record[Address]) -> Finding:
    """At least one connection is a worker's, known by what it says first."""
    spoke = record.talk.workers
    if spoke:
        several = f" ({len(spoke)} workers in one process)" if len(spoke) > 1 else ""
        return kept(f"a worker spoke on connection #{spoke[0]}{several}")
    accepted = _of(record, Accepted)
    if not accepted:
        return broken(
            expected=f"a WebSocket connection to {url(record.result.host, record.result.port)} "
            f"within {record.result.patience:.0f} s of the start",
            seen=f"no connection; the process {_fate(record.result)}",
            remedy="Connect to the address in III_URL (or {url} in the command); "
            "--timeout-factor gives a slow start more time.",
        )
    if not _upgraded(record):
        return unproven("its connections did not become WebSockets: see CON-003")
    return unproven("its connections said nothing, so none is known to be a worker's: see ANN-001")


@check("CON-002", appearing)
def dials_the_root_path(record: Record[Address]) -> Finding:
    """The engine serves workers on ``/`` alone."""
    for number in record.talk.workers:
        request = record.talk.requests.get(number)
        if request is not None and request.request.path != "/":
            return broken(
                expected="the path / in the upgrade request of a worker",
                seen=f"the path {request.request.path}",
                events=(request,),
                remedy="Dial the address as it is given; /otel is for telemetry.",
            )
    return kept("every worker's connection asked for /")


@check("CON-003", appearing)
def completes_the_upgrade(record: Record[Address]) -> Finding:
    """A TCP connection becomes a WebSocket before the engine loses patience."""
    accepted = {event.connection: event for event in _of(record, Accepted)}
    upgraded = {event.connection: event for event in _upgraded(record)}
    if not accepted:
        return unproven("it opened no connection: see CON-001")
    spoke = record.talk.workers
    for number, begin in accepted.items():
        took = upgraded[number].at - begin.at if number in upgraded else None
        if spoke and number not in spoke:
            continue
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
        return unproven("its connections said nothing: see ANN-001")
    return kept("every worker's connection became a WebSocket in time")


@check("CON-006", appearing)
def dials_the_address_it_is_given(record: Record[Address]) -> Finding:
    """A worker found on the default port did not read the address it was given."""
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


@dataclass(frozen=True, slots=True)
class Absence:
    """An engine that was not there for so many seconds, and what came of it."""

    seconds: float
    appeared: bool
    exit_code: int | None
    missing: str | None = None


@trial(Worker.OWN, slow=True)
async def engine_comes_late(stage: Stage) -> Absence:
    """Start the worker while nothing listens, and listen once it must have tried."""
    stage.listener.play((rule(Refuse()),))
    seconds = 1.5 * stage.pace.startup + 0.5
    await stage.start()
    await stage.until(lambda: not stage.process.running, seconds)
    stage.listener.play(())
    spoke = await stage.until(
        lambda: bool(stage.workers) or not stage.process.running,
        stage.pace.reconnect + seconds,
    )
    appeared = bool(spoke and stage.workers)
    missing = None
    if appeared:
        missing = None if await stage.present(stage.pace.reply) else stage.missing()
        await stage.settled()
    return Absence(seconds, appeared, stage.process.exit_code, missing)


@check("REG-012", engine_comes_late)
def registers_offline_once(record: Record[Absence]) -> Finding:
    """What is registered before there is a connection is both queued and kept for replays."""
    if not record.result.appeared:
        return unproven("it did not connect to an engine that came late: see CON-004")
    if record.result.missing is not None:
        return broken(
            expected="all that it registers, on its first connection to an engine that came late",
            seen=f"it {record.result.missing}",
            events=record.events[-4:],
            remedy="Keep what is registered while there is no connection, and send it on connect.",
        )
    counts = Counter((r.message.connection, r.kind, repr(r.id)) for r in record.talk.registrations)
    taken_back = {(kind, repr(json.loads(key))) for kind, key in record.talk.unregistered}
    twice = [k for k, count in counts.items() if count > 1 and k[1:] not in taken_back]
    if twice:
        events = [
            r.message
            for r in record.talk.registrations
            if (r.message.connection, r.kind, repr(r.id)) == twice[0]
        ]
        return broken(
            expected="each registration once on a first connection to an engine that came late",
            seen=f"{twice[0][1]} {twice[0][2]} came {counts[twice[0]]} times",
            events=tuple(events[:3]),
            remedy="Either queue a registration or replay it, not both.",
        )
    if not counts:
        return not_applicable("it registers nothing")
    return kept(f"{len(counts)} registrations, each once")


@check("CON-004", engine_comes_late)
def keeps_trying(record: Record[Absence]) -> Finding:
    """An engine that starts after its workers is an everyday event."""
    absence = record.result
    if absence.appeared:
        return kept(f"it connected although the engine was {absence.seconds:.1f} s late")
    fate = "is still running" if absence.exit_code is None else "ended"
    return broken(
        expected="a connection once the engine listens",
        seen=f"none; the engine was {absence.seconds:.1f} s late and the process {fate}",
        events=record.events[-4:],
        remedy="Retry a refused connection with a growing delay instead of giving up.",
    )


@dataclass(frozen=True, slots=True)
class Ungreeted:
    """What a worker lacked that was not greeted, if anything, and the greetings it endured later.

    ``heard`` tells for each of ``GREETINGS`` whether the worker listened afterwards.
    """

    lacked: str | None
    heard: tuple[bool, ...]


GREETINGS: tuple[tuple[str, dict[str, object]], ...] = (
    ("a greeting without a token", {}),
    ("a greeting with null for its token", {"reattach_token": None, "features": None}),
    (
        "a greeting with features and unknown fields",
        {"reattach_token": "0b7e1a52-0000-4000-8000-00000000000b", "features": ["x.v1"], "x": {}},
    ),
)


@trial(Worker.OWN)
async def engine_does_not_greet(stage: Stage) -> Ungreeted:
    """Withhold ``workerregistered``, and then send it in each form that engines have sent."""
    stage.engine.greet = False
    await stage.start()
    complete = await stage.present(stage.pace.appearance)
    heard: list[bool] = []
    worker_id = "0b7e1a52-0000-4000-8000-00000000000c"
    for _, fields in GREETINGS if complete and stage.baseline.pulse else ():
        if not stage.workers:
            break
        number = stage.workers[0]
        stage.send(number, {"type": "workerregistered", "worker_id": worker_id, **fields})
        heard.append(await stage.pulse() and number in stage.workers)
        if not heard[-1]:
            break
    return Ungreeted(None if complete else stage.missing(), tuple(heard))


@check("CON-005", engine_does_not_greet)
def does_not_wait_for_the_greeting(record: Record[Ungreeted]) -> Finding:
    """Registrations may be sent before ``workerregistered``, and engines before 0.9 send none."""
    if record.result.lacked is None:
        return kept("it announced and registered without having been greeted")
    return broken(
        expected="the announcement and every registration without `workerregistered`",
        seen=f"the worker {record.result.lacked}",
        events=record.events[-6:],
        remedy="Send registrations as soon as the WebSocket is open.",
    )


@check("CON-010", engine_does_not_greet)
def takes_any_greeting(record: Record[Ungreeted]) -> Finding:
    """Engines before 0.22 give no token, and those since 0.25 tell their features."""
    heard = record.result.heard
    if not heard:
        return unproven("it did not register without having been greeted: see CON-005")
    if all(heard) and len(heard) == len(GREETINGS):
        return kept("it went on after " + ", ".join(what for what, _ in GREETINGS))
    what, _ = GREETINGS[heard.index(False) if False in heard else len(heard) - 1]
    return broken(
        expected=f"a worker that goes on after {what}",
        seen="it no longer listens" if record.exit_code is None else "it ended",
        events=record.events[-4:],
        remedy="Of workerregistered nothing but worker_id is sure to be there; keep the token if "
        "there is one.",
    )


QUERY = "token=conformance&team=blue%20team"


@trial(Worker.OWN)
async def with_a_query(stage: Stage) -> bool:
    """Give the worker an address with a query; return whether its command can hold it."""
    if stage.baseline.port == stage.settings.default_port:
        raise Unmet("this takes a worker that dials the address it is given: see CON-006")
    await stage.start(query=QUERY)
    if not await stage.spoke():
        raise Unmet("it did not connect to an address with a query")
    words = stage.settings.subject.text
    return "{url}" in words or not ("{port}" in words or "{host}" in words)


@check("CON-009", with_a_query)
def keeps_the_query(record: Record[bool]) -> Finding:
    """Guarded engines let workers in by what stands in the query of their address."""
    numbers = record.talk.workers
    requests = [record.talk.requests[number] for number in numbers]
    lacking = [r for r in requests if not _holds(r.request.query)]
    if not lacking:
        return kept("the query of the address came with the upgrade request", *requests[:1])
    if not record.result:
        return unproven("its command takes host and port, so that no query reaches it")
    return broken(
        expected=f"the query {QUERY!r} of the address in the upgrade request",
        seen=repr(lacking[0].request.target),
        events=(lacking[0],),
        remedy="Dial the address as it is given, with its query.",
    )


def _holds(query: str) -> bool:
    """Whether a query holds what was given, in any order and spelling."""
    return set(parse_qsl(QUERY)) <= set(parse_qsl(query))


@trial(Worker.OWN, slow=True)
async def turned_away_at_first(stage: Stage) -> Absence:
    """End the worker's first connections, then refuse an upgrade, and let it in after that."""
    stage.listener.play((rule(End(), Accept()),))
    began = stage.transcript.now()
    await stage.start()
    sockets = max(1, stage.baseline.sockets)
    await stage.until(lambda: _count(stage, Accepted), stage.pace.appearance)
    await stage.until(lambda: _count(stage, Accepted) >= sockets, 0.3, patient=False)
    stage.listener.play((rule(Reject()),))
    await stage.until(
        lambda: _refused_worker(stage) or not stage.process.running, stage.pace.reconnect
    )
    stage.listener.play(())
    await stage.until(lambda: stage.workers or not stage.process.running, stage.pace.reconnect)
    seconds = stage.transcript.now() - began
    return Absence(seconds, bool(stage.workers), stage.process.exit_code)


def _count(stage: Stage, kind: type[Accepted]) -> int:
    return sum(1 for _ in stage.transcript.of(kind))


def _refused_worker(stage: Stage) -> bool:
    numbers = [e.connection for e in stage.transcript.of(Answered) if e.status == Reject().status]
    return any(stage.talk.requests[n].request.path != TELEMETRY for n in numbers)


@check("CON-011", turned_away_at_first)
def survives_a_bad_start(record: Record[Absence]) -> Finding:
    """A proxy that is up before the engine ends connections, or answers 503."""
    if record.result.appeared:
        return kept(f"it connected {record.result.seconds:.1f} s after its start")
    fate = "is still running" if record.result.exit_code is None else "ended"
    return broken(
        expected="another try after a first connection that was ended and an upgrade refused",
        seen=f"no further connection; the process {fate}",
        events=record.events[-6:],
        remedy="Treat a failed handshake as a refused connection: wait and try again.",
    )


STALLED = 10.0
"""Seconds after which SDKs since 0.22 give up a handshake (constants of the SDK for Node)."""


@trial(Worker.OWN, long=True)
async def stalled(stage: Stage) -> tuple[int, bool]:
    """Accept TCP connections and never answer; return how many came, and whether it came back."""
    stage.listener.play((rule(Stall()),))
    await stage.start()
    enough = max(1, stage.baseline.sockets) + 1
    await stage.until(
        lambda: _count(stage, Accepted) >= enough or not stage.process.running,
        stage.settings.timeout_factor * 2.5 * STALLED,
    )
    tries = _count(stage, Accepted)
    stage.listener.play(())
    await stage.until(lambda: stage.workers or not stage.process.running, 2 * STALLED)
    return tries - enough + 1, bool(stage.workers)


@check("CON-012", stalled)
def gives_a_stalled_connection_up(record: Record[tuple[int, bool]]) -> Finding:
    """An engine that hangs, or a route that loses packets, never ends a connection by itself."""
    again, back = record.result
    if again and back:
        return kept("it gave the connection up and dialled again")
    return broken(
        expected=f"another try about {STALLED:.0f} s after a TCP connection that nobody answers on",
        seen="one, but no connection once the engine answered" if again else "none",
        events=record.events[:6],
        remedy="Limit the time of a handshake to 10 s, and retry as after any failure.",
    )


def _of(record: Record[Address], kind: type[Accepted]) -> list[Accepted]:
    return [event for event in record.events if isinstance(event, kind)]


def _upgraded(record: Record[Address]) -> list[Answered]:
    return [e for e in record.events if isinstance(e, Answered) and e.status == 101]


def _fate(address: Address) -> str:
    if address.exit_code is None:
        return "is still running"
    return f"ended with {describe_exit(address.exit_code)}"
