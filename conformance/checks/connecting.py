"""Connecting: from the start of the process to an open WebSocket."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.stage import Stage
from conformance.subject.environment import url
from conformance.subject.process import describe_exit
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept, unproven
from mock_engine.faults import Refuse, rule
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
    return Absence(seconds, bool(spoke and stage.workers), stage.process.exit_code)


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


@trial(Worker.OWN)
async def engine_does_not_greet(stage: Stage) -> str | None:
    """Let the engine withhold ``workerregistered``; return what the worker lacked, if anything."""
    stage.engine.greet = False
    await stage.start()
    complete = await stage.present(stage.pace.appearance)
    return None if complete else stage.missing()


@check("CON-005", engine_does_not_greet)
def does_not_wait_for_the_greeting(record: Record[str | None]) -> Finding:
    """Registrations may be sent before ``workerregistered``, and engines before 0.9 send none."""
    if record.result is None:
        return kept("it announced and registered without having been greeted")
    return broken(
        expected="the announcement and every registration without `workerregistered`",
        seen=f"the worker {record.result}",
        events=record.events[-6:],
        remedy="Send registrations as soon as the WebSocket is open.",
    )


def _of(record: Record[Address], kind: type[Accepted]) -> list[Accepted]:
    return [event for event in record.events if isinstance(event, kind)]


def _upgraded(record: Record[Address]) -> list[Answered]:
    return [e for e in record.events if isinstance(e, Answered) and e.status == 101]


def _fate(address: Address) -> str:
    if address.exit_code is None:
        return "is still running"
    return f"ended with {describe_exit(address.exit_code)}"
