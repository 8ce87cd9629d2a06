"""Long outages and high load."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from conformance.checks.stimuli.invoking import all_answered
from conformance.checks.stimuli.returning import back
from conformance.errors import Inconclusive
from conformance.subject.usage import Usage
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import Part
from conformance.trials.trial import Worker, trial
from mock_engine.faults import Refuse, Reject, rule

LONG_OUTAGE = 40.0
"""Seconds of a long outage: five tries of an SDK, each as long as all waits before it."""


LAP = 5_000
"""Invocations per lap of the long haul, which has at least two laps."""


LAPS = 8
"""The most laps. A worker that grew in the last one gets another: a runtime with garbage collection
lets its memory grow at first, up to its own target, but a leak grows for ever."""


GROWTH = 512
"""Bytes of memory that an invocation may leave behind. Above that a lap leaves two and a half MiB,
which allocators do not hold back from one lap to the next."""


FILES = 50
"""Descriptors that a lap may leave open."""


LONGEST_DELAY = 45.0
"""Seconds until the next try of a worker that waits 30 s between tries, with a margin."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A long outage, in which the engine did ``what``.

    ``tries`` are the times of the tries that it could see, ``back`` is whether the worker came
    back, and ``exit_code`` how its process ended, if it did.
    """

    what: str
    tries: tuple[float, ...]
    back: bool
    exit_code: int | None


@trial(Worker.OWN, seconds=LONG_OUTAGE, long=True)
async def long_outage(harness: Harness) -> Outage:
    """Refuse every upgrade for a while, then accept the worker."""
    await harness.worker.start()
    await harness.presence.ready()
    harness.listener.play((rule(Reject()),))
    return await _outage(harness, "refused every upgrade")


@trial(Worker.OWN, seconds=LONG_OUTAGE, long=True)
async def long_absence(harness: Harness) -> Outage:
    """Refuse every TCP connection for a while, then accept the worker."""
    await harness.worker.start()
    await harness.presence.ready()
    harness.listener.play((rule(Refuse()),))
    return await _outage(harness, "was away")


@trial(Worker.OWN, seconds=LONG_OUTAGE, long=True)
async def engine_comes_very_late(harness: Harness) -> Outage:
    """The same, but from the start of the worker on."""
    harness.listener.play((rule(Refuse()),))
    await harness.worker.start()
    return await _outage(harness, "was not there yet")


async def _outage(harness: Harness, what: str) -> Outage:
    """Lose all connections, let the faults that are played last for a while, and end them."""
    paths = {harness.talk.requests[n].request.path for n in harness.workers}
    at = harness.transcript.now()
    for connection in harness.websockets():
        connection.reset()
    await harness.until(lambda: not harness.worker.running, LONG_OUTAGE, patient=False)
    tries = tuple(
        r.at - at for r in harness.talk.requests.values() if r.at > at and r.request.path in paths
    )
    harness.listener.play(())
    await harness.until(lambda: harness.workers or not harness.worker.running, LONGEST_DELAY)
    return Outage(what, tries, bool(harness.workers), harness.worker.process.exit_code)


SEVERAL, SEVERAL_WITHIN = 5, 5.0
"""Losses in a row, and the seconds after which no further one is begun."""

OFTEN, OFTEN_WITHIN = 12, 90.0
"""The same if there is time: a worker that counts losses gives up after three, five or ten."""


@dataclass(frozen=True, slots=True)
class OftenLost:
    """How often the worker lost its connection, and whether it came back from the last loss."""

    losses: int
    back: bool
    exit_code: int | None


@trial(Worker.OWN, seconds=SEVERAL_WITHIN)
async def lost_several_times(harness: Harness) -> OftenLost:
    """Reset the connection several times, each time when the worker is back."""
    return await _lost(harness, SEVERAL, SEVERAL_WITHIN, harness.pace.reconnect)


@trial(Worker.OWN, seconds=OFTEN_WITHIN, long=True)
async def lost_often(harness: Harness) -> OftenLost:
    """The same, many times: delays may grow from loss to loss."""
    return await _lost(harness, OFTEN, OFTEN_WITHIN, LONGEST_DELAY)


async def _lost(harness: Harness, most: int, within: float, patience: float) -> OftenLost:
    await harness.worker.start()
    await harness.presence.ready()
    began, losses = harness.transcript.now(), 0
    while losses < most and harness.transcript.now() - began < within:
        before = set(harness.workers)
        for connection in harness.websockets():
            connection.reset()
        losses += 1
        if not await back(harness, before, patience):
            return OftenLost(losses, False, harness.worker.process.exit_code)
        await harness.presence.present(harness.pace.reply)
    return OftenLost(losses, True, None)


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


@trial(Worker.OWN, seconds=20.0, long=True)
async def long_haul(harness: Harness) -> Haul:
    """Invoke thousands of times, until the process grows no more."""
    await harness.worker.start()
    await harness.presence.ready()
    # Any other function may keep what it is given, and be right to do so.
    target = harness.invoker.part("echo") if harness.invoker.plays("echo") else None
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


async def _lap(harness: Harness, echo: Part | None) -> int:
    """Invoke, a hundred times at a time; return how many invocations were not answered."""
    lost, data = 0, {"text": "x" * 200}
    if echo is not None:
        target, data = echo.function_id, echo.request(data)
    else:
        target = harness.baseline.pulse or ABSENT
    for _ in range(LAP // 100):
        invocations = [harness.invoker.invoke(target, data) for _ in range(100)]
        await all_answered(harness, invocations, harness.pace.handler)
        lost += sum(not harness.invoker.replies(i) for i in invocations)
        if lost:
            break
    return lost
