"""Persisting: a worker whose first tries meet no engine, or one that turns it away."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import Accept, End, Refuse, Reject, Stall, rule
from mock_engine.paths import TELEMETRY
from mock_engine.transcript import Accepted, Answered

STALLED = 10.0
"""Seconds after which SDKs since 0.22 give up a handshake (constants of the SDK for Node)."""


@dataclass(frozen=True, slots=True)
class Absence:
    """An engine that was not there for so many seconds, and what came of it."""

    seconds: float
    appeared: bool
    exit_code: int | None
    missing: str | None = None

    @property
    def fate(self) -> str:
        """What became of the process, in words."""
        return "is still running" if self.exit_code is None else "ended"


@trial(Worker.OWN, slow=True)
async def engine_comes_late(harness: Harness) -> Absence:
    """Start the worker while nothing listens, and listen once it must have tried."""
    harness.listener.play((rule(Refuse()),))
    seconds = 1.5 * harness.pace.startup + 0.5
    await harness.worker.start()
    await harness.until(lambda: not harness.worker.running, seconds)
    harness.listener.play(())
    spoke = await harness.until(
        lambda: bool(harness.workers) or not harness.worker.running,
        harness.pace.reconnect + seconds,
    )
    appeared = bool(spoke and harness.workers)
    missing = None
    if appeared:
        missing = (
            None
            if await harness.presence.present(harness.pace.reply)
            else harness.presence.missing()
        )
        await harness.presence.settled()
    return Absence(seconds, appeared, harness.worker.process.exit_code, missing)


@check("REG-012", engine_comes_late)
def registers_offline_once(record: Record[Absence]) -> Finding:
    """What is registered before there is a connection is both queued and kept for replays."""
    if not record.result.appeared:
        return inconclusive("it did not connect to an engine that came late: see CON-004")
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
    return broken(
        expected="a connection once the engine listens",
        seen=f"none; the engine was {absence.seconds:.1f} s late and the process {absence.fate}",
        events=record.events[-4:],
        remedy="Retry a refused connection with a growing delay instead of giving up.",
    )


@trial(Worker.OWN, slow=True)
async def turned_away_at_first(harness: Harness) -> Absence:
    """End the worker's first connections, then refuse an upgrade, and let it in after that."""
    harness.listener.play((rule(End(), Accept()),))
    began = harness.transcript.now()
    await harness.worker.start()
    sockets = max(1, harness.baseline.sockets)
    await harness.until(lambda: _count(harness, Accepted), harness.pace.appearance)
    await harness.until(lambda: _count(harness, Accepted) >= sockets, 0.3, patient=False)
    harness.listener.play((rule(Reject()),))
    await harness.until(
        lambda: _refused_worker(harness) or not harness.worker.running,
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


def _refused_worker(harness: Harness) -> bool:
    numbers = [e.connection for e in harness.transcript.of(Answered) if e.status == Reject().status]
    return any(harness.talk.requests[n].request.path != TELEMETRY for n in numbers)


@check("CON-011", turned_away_at_first)
def survives_a_bad_start(record: Record[Absence]) -> Finding:
    """A proxy that is up before the engine ends connections, or answers 503."""
    if record.result.appeared:
        return kept(f"it connected {record.result.seconds:.1f} s after its start")
    return broken(
        expected="another try after a first connection that was ended and an upgrade refused",
        seen=f"no further connection; the process {record.result.fate}",
        events=record.events[-6:],
        remedy="Treat a failed handshake as a refused connection: wait and try again.",
    )


@trial(Worker.OWN, long=True)
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
