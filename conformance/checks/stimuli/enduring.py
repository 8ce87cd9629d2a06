"""Long outages, and hard work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from conformance.checks.stimuli.invoking import all_answered
from conformance.errors import Inconclusive
from conformance.subject.usage import Usage
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial
from mock_engine.faults import Reject, rule

LONG_OUTAGE = 40.0
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
class Outage:
    """A long outage: the times of the tries, and whether the worker came back."""

    at: float
    tries: tuple[float, ...]
    back: bool


@trial(Worker.OWN, seconds=LONG_OUTAGE, long=True)
async def long_outage(harness: Harness) -> Outage:
    """Refuse every upgrade for a while, and admit the worker then."""
    await harness.worker.start()
    await harness.presence.ready()
    paths = {harness.talk.requests[n].request.path for n in harness.workers}
    harness.listener.play((rule(Reject()),))
    at = harness.transcript.now()
    for connection in harness.websockets():
        connection.reset()
    await harness.until(lambda: not harness.worker.running, LONG_OUTAGE, patient=False)
    tries = tuple(
        r.at - at for r in harness.talk.requests.values() if r.at > at and r.request.path in paths
    )
    harness.listener.play(())
    await harness.until(lambda: harness.workers or not harness.worker.running, 45.0)
    return Outage(at, tries, bool(harness.workers))


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
        invocations = [harness.invoker.invoke(target, {"text": "x" * 200}) for _ in range(100)]
        await all_answered(harness, invocations, harness.pace.handler)
        lost += sum(not harness.invoker.replies(i) for i in invocations)
        if lost:
            break
    return lost
