"""Invocations without a reply: some lag, some are never answered, one may have ended the worker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from conformance.fuzz.campaign.minimiser import ENDING, Minimiser
from conformance.fuzz.campaign.oracles import Observation, Suspicion, judge
from conformance.fuzz.campaign.replies import Replies
from conformance.fuzz.campaign.silence import Silences
from conformance.fuzz.campaign.transport import Pending, Transport
from conformance.fuzz.campaign.triage import Triage
from conformance.fuzz.search.novelty import Answer
from conformance.trials.load import load_factor

MOST_LATE = 3
"""Late invocations of a function, after which it gets no more until the reason is known."""

TOGETHER = 8
"""Invocations repeated at a time."""

SOON = 2.0
"""Seconds after which it is checked whether a function still answers anything."""

MOST_SUSPECTS = 80
"""Invocations repeated one at a time to find out which of them ends the worker."""


@dataclass
class Unanswered:
    """Follows up what was not answered with its batch."""

    transport: Transport
    replies: Replies
    minimiser: Minimiser
    triage: Triage
    silences: Silences
    _late: list[Pending] = field(default_factory=list)
    _casualties: list[Pending] = field(default_factory=list)

    def restarted(self) -> None:
        """The worker was restarted: what was late in the old one never comes."""
        self._late = []

    def miss(self, one: Pending) -> None:
        """One of a batch has no reply: its connection is gone, or it is late."""
        if one.over or not self.transport.harness.worker.running:
            self._casualties.append(one)
        else:
            self._lag(one)

    def _lag(self, one: Pending) -> None:
        """Await one that is not answered with its batch, unless its function is known for it."""
        name = one.case.function_id
        silences = (f for f in self.triage.silences() if f.reproduced)
        known = next((f for f in silences if f.suspicion.function_id == name), None)
        if known is None:
            self._late.append(one)
            return
        known.hits += 1
        self.transport.forget(one)
        self.replies.search.learn(one.case, Answer("silence"))

    def resting(self, most: int = MOST_LATE) -> set[str]:
        """Functions with too many late invocations, or with one that is being investigated."""
        late = Counter(one.case.function_id for one in self._late)
        return {name for name, count in late.items() if count >= most} | {*self.silences.open}

    # -- those that lag --------------------------------------------------------------------------

    async def follow_up(self, *, until_none: bool) -> None:
        """Handle late replies and investigate those overdue, once or until none is left."""
        loop = asyncio.get_running_loop()
        while True:
            still: list[Pending] = []
            overdue: list[Pending] = []
            for one in self._late:
                if one.generation != self.transport.generation:
                    continue
                if one.reply is not None:
                    await self._came(one)
                elif loop.time() - one.sent > self._patience(one):
                    overdue.append(one)
                elif not one.over or not self.transport.harness.worker.running:
                    still.append(one)
            self._late = still
            if overdue:
                await self._overdue(overdue)
            await self._look_for_stuck()
            await self.silences.follow_up()
            asked = [one.pending for one in self.silences.open.values() if one.pending]
            gone = not self.transport.harness.worker.running
            if not (self._late or asked) or gone or not until_none or self.triage.closed:
                return
            await self.transport.wait([*self._late, *asked], 0.25)

    def _patience(self, one: Pending) -> float:
        return self.replies.deadline(one.case.function_id) * load_factor()

    async def _look_for_stuck(self) -> None:
        """Check whether a function with several late invocations answers anything at all."""
        soon = asyncio.get_running_loop().time() - SOON * load_factor()
        resting = self.resting()
        lagging = {o.case.function_id: o for o in self._late if o.sent < soon}
        await self.silences.look_for_stuck({n: o for n, o in lagging.items() if n in resting})

    async def _came(self, one: Pending) -> None:
        seen = self.transport.observation(one)
        suspicion = self.replies.take(one, seen)
        if suspicion is not None:
            await self.triage.meet(one.case, suspicion, seen)

    async def _overdue(self, overdue: list[Pending]) -> None:
        if not await self.minimiser.listens():
            await self.interrupted(overdue)
            return
        for one in overdue:
            self.replies.search.learn(one.case, Answer("silence"))
        await self.silences.suspect(overdue)

    # -- those that were lost --------------------------------------------------------------------

    async def interrupted(self, flying: Iterable[Pending]) -> None:
        """The worker ended, hung or dropped its connection: find the cause."""
        harness = self.transport.harness
        if harness.worker.process.exit_code is None:
            await harness.until(lambda: not harness.worker.running, ENDING)
        slow = {one.case.function_id for one in self._late} | {*self.silences.open}
        lost = self._lost(flying)
        seen = self._end(lost)
        await self.minimiser.restart()
        if seen is None:
            return
        suspicion = judge(self.minimiser.targets[seen.case.function_id], seen)
        assert suspicion is not None
        known = self.triage.is_known_end(suspicion, {one.case.function_id for one in lost})
        if not known and not self.triage.is_unexplained(suspicion):
            prompt_first = sorted(lost, key=lambda one: one.case.function_id in slow)
            await self._convict(prompt_first[:MOST_SUSPECTS], suspicion, seen)

    def _lost(self, flying: Iterable[Pending]) -> list[Pending]:
        """All that was lost with the worker, in the order in which it was sent."""
        everyone = [*self._casualties, *self._late, *flying]
        self._casualties = []
        self._late = []
        lost = {
            one.number: one
            for one in everyone
            if one.generation == self.transport.generation and one.reply is None
        }
        return sorted(lost.values(), key=lambda one: one.number)

    def _end(self, lost: Sequence[Pending]) -> Observation | None:
        """How the worker ended, ascribed to the first invocation that may have caused it."""
        harness = self.transport.harness
        exit_code = harness.worker.process.exit_code
        log = self.transport.fresh_log() or tuple(harness.worker.process.output.tail(15))
        cut = any(one.connection is None or not one.connection.is_open for one in lost)
        dropped = exit_code is None and (cut or not harness.workers)
        case = lost[0].case if lost else self.triage.last
        if case is None:
            return None
        return Observation(
            case,
            "",
            None,
            lost[0].number if lost else 0,
            exit_code=exit_code,
            dropped=dropped,
            deaf=exit_code is None and not dropped,
            log=log,
        )

    async def _convict(
        self, lost: Sequence[Pending], suspicion: Suspicion, seen: Observation
    ) -> None:
        """Repeat each invocation that may have caused it, until one does so again.

        Several are repeated at a time, and then, if the worker ended, those one by one.
        """
        await self.minimiser.ask([])
        for start in range(0, len(lost), TOGETHER):
            some = lost[start : start + TOGETHER]
            within = max(self.replies.usual(one.case.function_id) for one in some)
            seen_together = await self.minimiser.ask([o.case for o in some], within * load_factor())
            suspects = [self.minimiser.suspect(one) for one in seen_together]
            ended = any(found is not None and found.kind.ends_the_worker for found in suspects)
            if ended and await self._convicted(some):
                return
        last = max(lost, key=lambda one: one.number).case if lost else seen.case
        suspicion = replace(suspicion, function_id=last.function_id)
        await self.triage.meet(last, suspicion, seen)

    async def _convicted(self, some: Sequence[Pending]) -> bool:
        """Whether one of these ends the worker alone."""
        for one in some:
            (again,) = await self.minimiser.ask([one.case], 2.0)
            found = self.minimiser.suspect(again)
            if found is not None and found.kind.ends_the_worker:
                again = replace(again, number=one.number)
                self.replies.search.learn(one.case, Answer(f"end {found.cause}"))
                await self.triage.meet(one.case, found, again)
                return True
        return False
