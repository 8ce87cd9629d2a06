"""A worker whose first attempts meet no engine, or one that refuses it."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.stimuli.enduring import LONG_OUTAGE, Outage, engine_comes_very_late
from conformance.checks.stimuli.losing import HOT
from conformance.checks.stimuli.refusing import connections_since
from conformance.checks.stimuli.starting import Absence, engine_comes_late
from conformance.checks.stimuli.ways import refusals
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import Accept, End, Reject, Stall, rule
from mock_engine.transcript import Accepted

STALLED = 10.0
"""Seconds after which SDKs since 0.22 give up a handshake (constants of the SDK for Node)."""


@check("CON-004", engine_comes_late, engine_comes_very_late)
def keeps_trying(*records: Record[Absence] | Record[Outage]) -> Finding:
    """Engines often start after their workers."""
    late = [_late(record.result) for record in records]
    for record, (seconds, appeared, exit_code) in zip(records, late, strict=True):
        if not appeared:
            fate = "is still running" if exit_code is None else "ended"
            return broken(
                expected="a connection once the engine listens",
                seen=f"none; the engine was {seconds:.1f} s late and the process {fate}",
                events=record.events[-4:],
                remedy="Retry a refused connection for ever, with a growing delay.",
            )
    times = " and ".join(f"{seconds:.1f} s" for seconds, _, _ in late)
    return kept(f"it connected although the engine was {times} late")


def _late(result: Absence | Outage) -> tuple[float, bool, int | None]:
    """How late the engine was, whether the worker connected then, and how it ended if it did."""
    if isinstance(result, Outage):
        return LONG_OUTAGE, result.back, result.exit_code
    return result.seconds, result.appeared, result.exit_code


@trial(Worker.OWN, seconds=3.0)
async def turned_away_at_first(harness: Harness) -> Absence:
    """End the worker's first connections, then refuse an upgrade, and accept it after that."""
    harness.listener.play((rule(End(), Accept()),))
    began = harness.transcript.now()
    await harness.worker.start()
    sockets = max(1, harness.baseline.sockets)
    await harness.until(lambda: _count(harness, Accepted), harness.pace.appearance)
    await harness.until(lambda: _count(harness, Accepted) >= sockets, 0.3, patient=False)
    harness.listener.play((rule(Reject()),))
    await harness.until(
        lambda: refusals(harness) or not harness.worker.running,
        harness.pace.reconnect,
    )
    harness.listener.play(())
    await harness.until(
        lambda: harness.workers or not harness.worker.running, harness.pace.reconnect
    )
    seconds = harness.transcript.now() - began
    return Absence(seconds, bool(harness.workers), harness.worker.process.exit_code)


def _count(harness: Harness, kind: type[Accepted]) -> int:
    return sum(1 for _ in harness.transcript.of(kind))


@check("CON-011", turned_away_at_first)
def survives_a_bad_start(record: Record[Absence]) -> Finding:
    """A proxy that starts before the engine closes connections or answers 503."""
    if record.result.appeared:
        return kept(f"it connected {record.result.seconds:.1f} s after its start")
    return broken(
        expected="another try after a first connection that was ended and an upgrade refused",
        seen=f"no further connection; the process {record.result.fate}",
        events=record.events[-6:],
        remedy="Treat a failed handshake as a refused connection: wait and try again.",
    )


@trial(Worker.OWN, seconds=20.0, long=True)
async def stalled(harness: Harness) -> tuple[int, bool]:
    """Accept TCP connections and never answer; return how many came, and whether it came back."""
    harness.listener.play((rule(Stall()),))
    await harness.worker.start()
    enough = max(1, harness.baseline.sockets) + 1
    await harness.until(
        lambda: _count(harness, Accepted) >= enough or not harness.worker.running,
        harness.settings.timeout_factor * 2.5 * STALLED,
    )
    tries = _count(harness, Accepted)
    harness.listener.play(())
    await harness.until(lambda: harness.workers or not harness.worker.running, 2 * STALLED)
    return tries - enough + 1, bool(harness.workers)


@check("CON-012", stalled)
def gives_a_stalled_connection_up(record: Record[tuple[int, bool]]) -> Finding:
    """A hung engine or a route that loses packets never ends a connection by itself."""
    again, back = record.result
    if again and back:
        return kept("it gave the connection up and dialled again")
    return broken(
        expected=f"another try about {STALLED:.0f} s after a TCP connection that nobody answers on",
        seen="another try, but no connection once the engine answered" if again else "no other try",
        events=record.events[:6],
        remedy="Limit the time of a handshake to 10 s, and retry as after any failure.",
    )


@dataclass(frozen=True, slots=True)
class Denied:
    """How often a worker came back within some seconds to an engine that refuses it."""

    at: float
    seconds: float
    upgrades: int
    exit_code: int | None


@trial(Worker.OWN)
async def denied(harness: Harness) -> Denied:
    """Answer the worker's connection with an error and a close frame, and accept it later."""
    await harness.worker.start()
    await harness.presence.ready()
    at = harness.transcript.now()
    before = tuple(harness.workers)
    error = {"code": "AUTH_ERROR", "message": "not today"}
    for number in before:
        connection = harness.connection(number)
        harness.send(number, {"type": "error", "error": error})
        connection.close()
    await harness.until(
        lambda: bool(connections_since(harness, before)) or not harness.worker.running,
        harness.pace.reconnect,
    )
    # A connection for telemetry may be opened at any time: only those of workers count.
    talk = harness.talk
    upgrades = [talk.upgrades[number].at for number in connections_since(harness, before)]
    first = (min(upgrades) if upgrades else harness.transcript.now()) - at
    return Denied(at, first, len(upgrades), harness.worker.process.exit_code)


@check("CON-007", denied)
def survives_an_error_message(record: Record[Denied]) -> Finding:
    """An engine says why it refuses a worker, and one that reconnects at once floods it."""
    denial = record.result
    if denial.exit_code not in (None, 0):
        return broken(
            expected="a worker that tries again, or ends on purpose with a message",
            seen=f"its process ended with code {denial.exit_code}",
            events=record.events[-4:],
            remedy="Log the error, and try again with a growing delay.",
        )
    if denial.upgrades and denial.seconds < HOT:
        return broken(
            expected=f"a pause of at least {HOT} s before the next connection",
            seen=f"a new connection after {denial.seconds:.2f} s",
            events=record.events[-4:],
            remedy="Wait before each reconnect, whatever ended the connection.",
        )
    if not denial.upgrades and denial.exit_code is None:
        return inconclusive("it did not come back, and may be waiting: see REC-001 to REC-005")
    return kept(f"the next connection came after {denial.seconds:.1f} s")
