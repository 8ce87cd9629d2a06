"""From a suspicion to the least that shows the mistake.

The input alone comes first. Where that is not enough, the worker's state plays a part: the input
is repeated on a fresh worker, and at last all that went before is replayed and thinned out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import msgspec

from conformance.fuzz.campaign.defect import Defect, ReplayStep
from conformance.fuzz.campaign.oracles import Kind, Observation, Suspicion, judge
from conformance.fuzz.campaign.shrink import fewer, smaller
from conformance.fuzz.campaign.transport import Pending, Transport
from conformance.fuzz.target import Case, FuzzTarget
from conformance.fuzz.values.hostile import written
from conformance.trials.load import load_factor

TRIES = 300
"""Smaller values tried of an input."""

SECONDS = 10.0
"""For making one counterexample smaller."""

CRASHES = 60
"""The same where each try takes a fresh process."""

HURRY = 1.0
"""Seconds that a try waits for a reply that it hopes not to see; the last one waits in full."""

ENDING = 0.3
"""Seconds from the end of a connection to that of the process, where it is one and the same."""

REPEATS = 128
PARALLEL = 24
SHOWN = 4000
"""Letters of a reply that a finding keeps."""


@dataclass
class Minimiser:
    """Asks a worker again. ``restart`` gives it a fresh process."""

    transport: Transport
    targets: dict[str, FuzzTarget]
    restart: Callable[[], Awaitable[None]]
    deadline: Callable[[str], float]
    exceptions: bool
    invocations: int = 0

    async def ask(self, inputs: Sequence[Case], within: float | None = None) -> list[Observation]:
        """Send these and wait until each is over, ``within`` seconds or as long as one may take."""
        if not self.transport.harness.worker.running or not self.transport.harness.workers:
            await self.restart()
        self.invocations += len(inputs)
        before = self.transport.fresh_log()
        self.transport.answer_calls_with(inputs[0].answer if inputs else "")
        sent = self.transport.send(inputs)
        longest = max((self.deadline(case.function_id) for case in inputs), default=0.0)
        await self.transport.wait(sent, longest * load_factor() if within is None else within)
        if any(not one.over for one in sent) and not self.transport.harness.worker.running:
            await self.transport.harness.worker.process.exited.wait()
        if any(one.over and one.reply is None for one in sent):
            await self._ending()
        deaf = False
        if any(not one.over for one in sent) and self.transport.harness.worker.running:
            deaf = not await self.listens(within)
        await self._linger(sent)
        log = self.transport.fresh_log() or (before if deaf else ())
        for one in sent:
            self.transport.forget(one)
        return [self.transport.observation(one, log, deaf=deaf and not one.over) for one in sent]

    async def _ending(self) -> None:
        """Give a process whose connection is gone the moment that its end takes.

        The end of a process closes its connections first, so that a crash looks like a drop.
        """
        harness = self.transport.harness
        await harness.until(lambda: not harness.worker.running, ENDING)

    async def _linger(self, sent: Sequence[Pending]) -> None:
        """Give a crash after the reply, and a second reply, a moment to show."""
        harness = self.transport.harness
        unsettled = [one for one in sent if one.reply is not None]
        if unsettled and len(sent) == 1:
            await harness.until(
                lambda: not harness.worker.running or sent[0].second is not None,
                0.02,
                patient=False,
            )

    async def listens(self, within: float | None = None) -> bool:
        """Whether the worker answers anything at all, in time or ``within`` seconds."""
        harness = self.transport.harness
        if harness.baseline.pulse is None:
            return True
        if not harness.workers:
            return False
        return (
            await harness.invoker.reply(harness.invoker.invoke(harness.baseline.pulse, {}), within)
            is not None
        )

    def suspect(self, seen: Observation) -> Suspicion | None:
        """What is wrong with an observation."""
        target = self.targets[seen.case.function_id]
        return judge(target, seen, exceptions=self.exceptions)

    async def shows(
        self, case: Case, wanted: Suspicion, within: float | None = None
    ) -> Observation | None:
        """Ask once; the observation if it shows the same mistake."""
        (seen,) = await self.ask([case], within)
        return seen if self._same(self.suspect(seen), wanted) else None

    @staticmethod
    def _same(found: Suspicion | None, wanted: Suspicion) -> bool:
        if found is None or found.kind is not wanted.kind:
            return False
        if found.function_id != wanted.function_id:
            return False
        return found.kind in (Kind.SILENT, Kind.CRASH, Kind.DEAF, Kind.DROPPED) or (
            found.cause == wanted.cause
        )

    # -- the least that shows it -----------------------------------------------------------------

    async def settle(
        self, case: Case, wanted: Suspicion, first: Observation, history: Sequence[Case]
    ) -> Defect:
        """Find the least that shows the mistake, and tell whether it could be shown again."""
        if wanted.kind.ends_the_worker:
            await self.restart()
        seen = await self.shows(case, wanted)
        if seen is not None:
            least = await self._least(case, wanted)
            for candidate in dict.fromkeys((least, case)):
                steps = await self._afresh(candidate, wanted)
                if steps is not None:
                    return self.finding(wanted, steps[0], steps[1], reproduced=True)
        with_history = await self._with_history(case, wanted, history)
        if with_history is not None:
            return self.finding(wanted, with_history[0], with_history[1], reproduced=True)
        return self.finding(wanted, [(case, 1)], seen or first, reproduced=seen is not None)

    async def _afresh(
        self, case: Case, wanted: Suspicion
    ) -> tuple[list[tuple[Case, int]], Observation] | None:
        """How often a fresh worker must be invoked until it shows the mistake."""
        await self.restart()
        for number in range(1, REPEATS + 1):
            (seen,) = await self.ask([case])
            if self._same(self.suspect(seen), wanted):
                return [(case, number)], seen
            if seen.reply is None:
                return None
        return None

    async def _least(self, case: Case, wanted: Suspicion) -> Case:
        """Make an input smaller while it still shows the mistake."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SECONDS
        left = CRASHES if wanted.kind.ends_the_worker else TRIES
        width = 1 if wanted.kind.ends_the_worker else PARALLEL
        hurry = HURRY if wanted.kind in (Kind.SILENT, Kind.DEAF) else None
        candidates = smaller(case.value)
        while left > 0 and loop.time() < until:
            some = [self.with_value(case, value) for value in islice(candidates, width)]
            if not some:
                return case
            left -= len(some)
            found = await self._first(some, wanted, hurry)
            if found is not None and await self.shows(found.case, wanted, hurry) is not None:
                case = found.case
                candidates = smaller(case.value)
        return case

    async def _first(
        self, candidates: list[Case], wanted: Suspicion, within: float | None
    ) -> Observation | None:
        """The first candidate that shows the mistake; all are invoked at once."""
        if wanted.kind is Kind.EXCEPTION:
            candidates = [c for c in candidates if c.valid is True]
        if not candidates:
            return None
        observations = await self.ask(candidates, within)
        return next((o for o in observations if self._same(self.suspect(o), wanted)), None)

    def with_value(self, case: Case, value: Any) -> Case:
        """The input with other data."""
        target, text = self.targets[case.function_id], written(value)
        valid = case.valid
        if target.generator is not None:
            try:
                plain = msgspec.json.decode(text)
            except msgspec.DecodeError:
                plain = value
            valid = target.generator.validity.holds(plain)
            if not valid and target.structure.holds(plain):
                valid = None
        return replace(case, text=text, value=value, valid=valid)

    async def _with_history(
        self, case: Case, wanted: Suspicion, history: Sequence[Case]
    ) -> tuple[list[tuple[Case, int]], Observation] | None:
        """Steps on a fresh worker that lead to the mistake."""
        hurry = None if wanted.kind is not Kind.SILENT else 2 * HURRY
        steps = [*history, case]
        seen_again = await self._replayed(steps, wanted, hurry)
        if seen_again is None:
            return None
        loop = asyncio.get_running_loop()
        until = loop.time() + SECONDS
        progress = True
        while progress and loop.time() < until:
            progress = False
            for shorter in fewer(steps):
                if loop.time() > until:
                    break
                shown = await self._replayed(shorter, wanted, hurry)
                if shown is not None:
                    steps, seen_again, progress = shorter, shown, True
                    break
        alone = await self._alone(steps, wanted)
        return alone or (_counted(steps), seen_again)

    async def _alone(
        self, steps: Sequence[Case], wanted: Suspicion
    ) -> tuple[list[tuple[Case, int]], Observation] | None:
        """One of the steps that ends a fresh worker alone, so that the others are beside the point.

        The invocation that was lost with a worker is not always the one that ended it.
        """
        if not wanted.kind.ends_the_worker:
            return None
        for case in dict.fromkeys(steps):
            await self.restart()
            (seen,) = await self.ask([case], 2.0)
            found = self.suspect(seen)
            if found is not None and found.kind is wanted.kind:
                return [(case, 1)], seen
        return None

    async def _replayed(
        self, steps: Sequence[Case], wanted: Suspicion, within: float | None
    ) -> Observation | None:
        await self.restart()
        for case in steps[:-1]:
            (seen,) = await self.ask([case], within or 2.0)
            if self._same(self.suspect(seen), wanted):
                return seen
        return await self.shows(steps[-1], wanted, within)

    def finding(
        self,
        wanted: Suspicion,
        steps: Sequence[tuple[Case, int]],
        seen: Observation,
        *,
        reproduced: bool,
    ) -> Defect:
        """The finding that a suspicion has become, with what was ``seen`` after its steps."""
        shown = self.suspect(seen) or wanted
        reply = (seen.reply or b"").decode("utf-8", "replace")
        return Defect(
            replace(
                wanted,
                function_id=steps[-1][0].function_id,
                seen=shown.seen,
                expected=shown.expected,
            ),
            tuple(
                ReplayStep(
                    case.function_id, case.text.decode("utf-8", "replace"), times, case.answer
                )
                for case, times in steps
            ),
            reproduced,
            reply=reply[:SHOWN],
            log=seen.log[-15:] or tuple(self.transport.harness.worker.log[-8:]),
            origin=steps[-1][0].origin,
        )


def _counted(steps: Sequence[Case]) -> list[tuple[Case, int]]:
    """Steps with equal neighbours counted once."""
    out: list[tuple[Case, int]] = []
    for case in steps:
        if out and out[-1][0] == case:
            out[-1] = (case, out[-1][1] + 1)
        else:
            out.append((case, 1))
    return out
