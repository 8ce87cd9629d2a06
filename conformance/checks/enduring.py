"""Enduring: silence, lost routes, long outages and hard work. Most of it takes the full level."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.asking import all_answered
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.subject.usage import Usage
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import HalfOpen, Reject, rule
from mock_engine.transcript import Direction, FrameSeen

PING_EVERY = 30.0
"""Seconds within which a worker pings. SDKs since 0.22 do every 20 s."""

IDLE = 60.0
"""Seconds without a frame after which SDKs since 0.22 take a connection for lost."""

IDLE_PATIENCE = 80.0
"""Seconds granted for that: 62 s were seen, and a first try may fail."""

OUTAGE = 40.0
"""Seconds of a long outage: five tries of an SDK, each as long as the waits before."""

LAP = 5_000
"""Invocations of a lap of the long haul; it has two at least."""

LAPS = 8
"""Laps at most. A worker that grew in the last one gets another: a runtime that collects garbage
lets its memory grow at first, up to the room it gives itself, and what leaks grows for ever."""

GROWTH = 512
"""Bytes of memory an invocation may leave behind. Beyond this a lap leaves two and a half MiB,
which allocators do not hold back from one lap to the next."""

FILES = 50
"""Descriptors that a lap may leave open."""


@dataclass(frozen=True, slots=True)
class Alone:
    """A worker left alone: how long, and on which connections."""

    seconds: float
    connections: tuple[int, ...]


@trial(Worker.OWN, long=True)
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
    """Without pings of its own a worker cannot tell a quiet engine from one that is gone."""
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
        seen="none",
        remedy="Ping every 20 s, and take a connection for lost after 60 s without any frame.",
    )


@trial(Worker.OWN, long=True)
async def route_lost(harness: Harness) -> float | None:
    """Neither read nor write any more on the connection; return when the worker dialled anew."""
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
    """A connection whose route is lost never ends: the worker looks alive and serves nobody."""
    if record.result is not None:
        return kept(f"it dialled anew after {record.result:.0f} s of silence")
    return broken(
        expected=f"a new connection about {IDLE:.0f} s after the last frame of the engine",
        seen=f"none within {IDLE_PATIENCE:.0f} s",
        remedy="Ping, note when the last frame came, and reconnect after 60 s without one.",
    )


@dataclass(frozen=True, slots=True)
class Outage:
    """A long outage: the times of the tries, and whether the worker came back."""

    at: float
    tries: tuple[float, ...]
    back: bool


@trial(Worker.OWN, long=True)
async def long_outage(harness: Harness) -> Outage:
    """Refuse every upgrade for a while, and admit the worker then."""
    await harness.worker.start()
    await harness.presence.ready()
    paths = {harness.talk.requests[n].request.path for n in harness.workers}
    harness.listener.play((rule(Reject()),))
    at = harness.transcript.now()
    for connection in harness.websockets():
        connection.reset()
    await harness.until(lambda: not harness.worker.running, OUTAGE, patient=False)
    tries = tuple(
        r.at - at for r in harness.talk.requests.values() if r.at > at and r.request.path in paths
    )
    harness.listener.play(())
    await harness.until(lambda: harness.workers or not harness.worker.running, 45.0)
    return Outage(at, tries, bool(harness.workers))


@check("REC-027", long_outage)
def outlasts_a_long_outage(record: Record[Outage]) -> Finding:
    """An upgrade of the engine takes minutes; whoever counts tries is missing afterwards."""
    outage = record.result
    times = ", ".join(f"{t:.0f}" for t in outage.tries[:10])
    if outage.back:
        return kept(f"it was back after an outage of {OUTAGE:.0f} s; tries after {times} s")
    return broken(
        expected=f"a new connection after an outage of {OUTAGE:.0f} s",
        seen=f"none; tries after {times or 'no'} s",
        events=record.events[-4:],
        remedy="Retry for ever; let the delay grow to 30 s and no further.",
    )


@check("REC-028", long_outage)
def retries_less_and_less_often(record: Record[Outage]) -> Finding:
    """Thousands of workers that try every moment keep an engine from starting."""
    tries = record.result.tries
    if len(tries) < 2:
        return inconclusive("it did not try twice")
    if len(tries) <= OUTAGE:
        return kept(f"{len(tries)} tries in {OUTAGE:.0f} s")
    return broken(
        expected=f"at most {OUTAGE:.0f} tries in {OUTAGE:.0f} s",
        seen=f"{len(tries)} tries",
        remedy="Double the delay after each failure, from 1 s to 30 s.",
    )


@dataclass(frozen=True, slots=True)
class Haul:
    """A long haul: what the worker took of the machine before its last lap and after it.

    ``unanswered`` counts invocations without an answer.
    """

    invocations: int
    unanswered: int
    before: Usage | None
    after: Usage | None

    @property
    def left(self) -> tuple[float, int]:
        """Bytes of memory that each invocation of the last lap left, and descriptors that all did.

        What cannot be looked at leaves nothing.
        """
        if self.before is None or self.after is None:
            return 0.0, 0
        memory = self.after.memory - self.before.memory
        return memory / LAP, self.after.descriptors - self.before.descriptors

    @property
    def grew(self) -> bool:
        """Whether the last lap left behind more than it may."""
        memory, descriptors = self.left
        return memory > GROWTH or descriptors > FILES


@trial(Worker.OWN, long=True)
async def long_haul(harness: Harness) -> Haul:
    """Invoke thousands of times, until the process grows no more."""
    await harness.worker.start()
    await harness.presence.ready()
    target = harness.baseline.pulse or ABSENT
    if harness.baseline.pulse is None:
        raise Inconclusive("this takes a worker that answers an invocation")
    unanswered = await _lap(harness, target)
    after = await asyncio.to_thread(harness.worker.process.usage)
    for lap in range(2, LAPS + 1):
        before = after
        unanswered += await _lap(harness, target)
        after = await asyncio.to_thread(harness.worker.process.usage)
        haul = Haul(lap * LAP, unanswered, before, after)
        if unanswered or not haul.grew:
            break
    return haul


async def _lap(harness: Harness, target: str) -> int:
    """Invoke, a hundred times at a time; return how many invocations were not answered."""
    lost = 0
    for _ in range(LAP // 100):
        asked = [harness.invoker.invoke(target, {"text": "x" * 200}) for _ in range(100)]
        await all_answered(harness, asked, harness.pace.handler)
        lost += sum(not harness.invoker.replies(i) for i in asked)
        if lost:
            break
    return lost


@check("INV-030", long_haul)
def answers_however_often(record: Record[Haul]) -> Finding:
    """A worker lives for months."""
    haul = record.result
    if haul.unanswered or record.exit_code is not None:
        return broken(
            expected=f"an answer to each of {haul.invocations} invocations",
            seen=f"{haul.unanswered} without one",
            remedy="Free whatever a handler takes, and never drop an invocation under load.",
        )
    return kept(f"{haul.invocations} invocations answered")


@check("INV-033", long_haul)
def does_not_grow(record: Record[Haul]) -> Finding:
    """What each invocation leaves behind ends the process in the end."""
    haul = record.result
    if haul.unanswered:
        return inconclusive("it did not answer all of them: see INV-030")
    if haul.before is None or haul.after is None:
        return not_applicable("the size of a worker in a container is not looked at")
    memory, descriptors = haul.left
    told = f"{memory:.0f} bytes an invocation, {descriptors} descriptors more"
    if haul.grew:
        return broken(
            expected=f"less than {GROWTH} bytes an invocation in some {LAP} of them, and as many "
            "descriptors as before",
            seen=told,
            remedy="Forget an invocation once it is answered, and close what was opened for it.",
        )
    return kept(told)


@trial(Worker.OWN)
async def unheard(harness: Harness) -> bool:
    """Close the pipe that the worker writes to, and give it reasons to write."""
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
    await harness.until(
        lambda: set(harness.workers) - before or not harness.worker.running,
        harness.pace.reconnect,
    )
    return harness.worker.running and bool(harness.workers) and await harness.invoker.pulse()


@check("RDY-005", unheard)
def outlives_its_readers(record: Record[bool]) -> Finding:
    """Whoever reads a worker's output may end before it; its next line then fails with EPIPE."""
    if record.result:
        return kept("it went on although nobody read its output any more")
    return broken(
        expected="a worker that reconnects and answers although its output is closed",
        seen="it ended" if record.exit_code is not None else "it no longer listens",
        events=record.events[-4:],
        remedy="Let no error of writing a log line reach the receive loop or end the process.",
    )
