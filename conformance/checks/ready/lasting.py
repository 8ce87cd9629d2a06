"""Pings of the worker's own, lost routes, and output that nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.stimuli.returning import back
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import HalfOpen
from mock_engine.transcript import Direction, FrameSeen

PING_EVERY = 30.0
"""Seconds within which a worker pings. SDKs since 0.22 ping every 20 s."""


IDLE = 60.0
"""Seconds without a frame after which SDKs since 0.22 consider a connection lost."""


IDLE_PATIENCE = 80.0
"""Seconds granted for that: 62 s were seen, and a first try may fail."""


@dataclass(frozen=True, slots=True)
class Alone:
    """A worker left alone: for how long, and on which connections."""

    seconds: float
    connections: tuple[int, ...]


@trial(Worker.OWN, seconds=PING_EVERY, long=True)
async def left_alone(harness: Harness) -> Alone:
    """Send nothing to the worker for a while, but answer its pings."""
    await harness.worker.start()
    await harness.presence.ready()
    numbers = tuple(harness.workers)
    began = harness.transcript.now()
    await harness.until(
        lambda: all(_pings(harness, n, began) for n in numbers) or not harness.worker.running,
        PING_EVERY,
        patient=False,
    )
    return Alone(harness.transcript.now() - began, numbers)


def _pings(harness: Harness, number: int, since: float) -> list[FrameSeen]:
    return [
        e
        for e in harness.transcript.of(FrameSeen, number)
        if e.direction is Direction.FROM_WORKER and e.opcode is Opcode.PING and e.at > since
    ]


@check("RDY-006", left_alone)
def pings_the_engine(record: Record[Alone]) -> Finding:
    """A worker that sends no pings cannot tell a quiet engine from one that is gone."""
    pings = [
        e
        for e in record.events
        if isinstance(e, FrameSeen)
        and e.direction is Direction.FROM_WORKER
        and e.opcode is Opcode.PING
        and e.connection in record.result.connections
    ]
    if {e.connection for e in pings} >= set(record.result.connections):
        return kept(f"{len(pings)} pings in {record.result.seconds:.0f} s", *pings[:1])
    return broken(
        expected=f"a WebSocket ping within {PING_EVERY:.0f} s on each worker's connection",
        seen=f"no ping in {record.result.seconds:.0f} s",
        remedy="Ping every 20 s, and take a connection for lost after 60 s without any frame.",
    )


@trial(Worker.OWN, seconds=IDLE, long=True)
async def route_lost(harness: Harness) -> float | None:
    """Stop reading and writing on the connection; return when the worker dialled again."""
    await harness.worker.start()
    await harness.presence.ready()
    at = harness.transcript.now()
    before = set(harness.workers)
    for connection in harness.websockets():
        connection.inject(HalfOpen())
    await harness.until(
        lambda: set(harness.talk.workers) - before or not harness.worker.running,
        IDLE_PATIENCE * harness.settings.timeout_factor,
        patient=False,
    )
    fresh = set(harness.talk.workers) - before
    return min(harness.talk.first_message(n).at for n in fresh) - at if fresh else None


@check("RDY-007", route_lost)
def notices_a_lost_route(record: Record[float | None]) -> Finding:
    """A connection over a lost route never ends, so the worker looks alive but gets no calls."""
    if record.result is not None:
        return kept(f"it dialled anew after {record.result:.0f} s of silence")
    return broken(
        expected=f"a new connection about {IDLE:.0f} s after the last frame of the engine",
        seen=f"none within {IDLE_PATIENCE:.0f} s",
        remedy="Ping, note when the last frame came, and reconnect after 60 s without one.",
    )


@trial(Worker.OWN, seconds=1.0)
async def unheard(harness: Harness) -> bool:
    """Close the pipe that the worker writes to, and make it write."""
    await harness.worker.start()
    await harness.presence.ready()
    if not harness.worker.process.output.is_pipe:
        raise Inconclusive("this takes a command: what a container writes to stays open")
    harness.worker.process.output.close()
    for number in harness.workers:
        harness.send(number, "this is no JSON, and worth a line in a log")
        refusal = {"type": "triggerregistrationresult", "id": "a", "trigger_type": "http"}
        error = {"code": "trigger_registration_failed", "message": "worth a line in a log"}
        harness.send(number, {**refusal, "function_id": "a::b", "error": error})
    for connection in harness.websockets():
        connection.cut()
    before = set(harness.talk.workers)
    await back(harness, before)
    return harness.worker.running and bool(harness.workers) and await harness.invoker.pulse()


@check("RDY-005", unheard)
def outlives_its_readers(record: Record[bool]) -> Finding:
    """The reader of a worker's output may end first; the next line then fails with EPIPE."""
    if record.result:
        return kept("it went on although nobody read its output any more")
    return broken(
        expected="a worker that reconnects and answers although its output is closed",
        seen="it ended" if record.exit_code is not None else "it no longer listens",
        events=record.events[-4:],
        remedy="Let no error of writing a log line reach the receive loop or end the process.",
    )
