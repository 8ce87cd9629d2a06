"""From a suspicion to the smallest input that shows the defect.

The input alone is tried first. If that is not enough, the worker's state matters: the input is
repeated on a fresh worker, and finally everything sent before is replayed and reduced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import msgspec

from conformance.fuzz.campaign.defect import Defect, ReplayStep
from conformance.fuzz.campaign.oracles import Kind, Observation, Suspicion, judge
from conformance.fuzz.campaign.references import filled_in, linked, needed
from conformance.fuzz.campaign.shrink import fewer, smaller
from conformance.fuzz.campaign.transport import Pending, Transport
from conformance.fuzz.target import Case, FuzzTarget
from conformance.fuzz.values.hostile import written
from conformance.trials.load import load_factor

TRIES = 300
"""Smaller values tried for an input."""

SECONDS = 10.0
"""Seconds for making one counterexample smaller."""

REPLAY = 15.0
"""Seconds for one replay of what was sent before a suspicion."""

CRASHES = 60
"""The same if each try takes a fresh process."""

AGAIN = 2.0
"""Seconds within which what ended the worker once must end it again."""

HURRY = 1.0
"""Seconds that a try waits for a reply that should not come; the last one waits in full."""

ENDING = 0.3
"""Seconds from the end of a connection to that of the process, if both have the same cause."""

REPEATS = 128
PARALLEL = 24
SHOWN = 4000
"""Characters of a reply that a finding keeps."""


@dataclass
class Minimiser:
    """Invokes the functions of a worker again. ``restart`` gives it a fresh process."""

    transport: Transport
    targets: dict[str, FuzzTarget]
    restart: Callable[[], Awaitable[None]]
    deadline: Callable[[str], float]
    usual: Callable[[str], float]
    results: Callable[[Case], Iterable[Any]]
    exceptions: bool
    invocations: int = 0

    async def ask(self, inputs: Sequence[Case], within: float | None = None) -> list[Observation]:
        """Send these and wait until each is over, for ``within`` seconds or the usual deadline."""
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
        """Wait briefly for the end of a process whose connection is gone.

        The end of a process closes its connections first, so that a crash looks like a drop.
        """
        harness = self.transport.harness
        await harness.until(lambda: not harness.worker.running, ENDING)

    async def _linger(self, sent: Sequence[Pending]) -> None:
        """Wait briefly for a crash after the reply, and for a second reply."""
        harness = self.transport.harness
        unsettled = [one for one in sent if one.reply is not None]
        if unsettled and len(sent) == 1:
            await harness.until(
                lambda: not harness.worker.running or sent[0].second is not None,
                0.02,
                patient=False,
            )

    async def listens(self, within: float | None = None) -> bool:
        """Whether the worker answers anything at all, by the deadline or ``within`` seconds."""
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
        """Invoke once; return the observation if it shows the same defect."""
        (seen,) = await self.ask([case], within)
        return seen if self._same(self.suspect(seen), wanted) else None

    @staticmethod
    def _same(found: Suspicion | None, wanted: Suspicion) -> bool:
        if found is None or found.kind is not wanted.kind:
            return False
        if found.function_id != wanted.function_id and not found.kind.ends_the_worker:
            return False
        return found.kind in (Kind.SILENT, Kind.CRASH, Kind.DEAF, Kind.DROPPED) or (
            found.cause == wanted.cause
        )

    # -- the least that shows it -----------------------------------------------------------------

    async def settle(
        self, case: Case, wanted: Suspicion, first: Observation, history: Sequence[Case]
    ) -> Defect:
        """Find the smallest input that shows the defect, and whether it could be reproduced."""
        if wanted.kind.ends_the_worker:
            await self.restart()
        within = AGAIN if wanted.kind.ends_the_worker else None
        seen = await self.shows(case, wanted, within)
        if seen is not None:
            least = await self.least(case, wanted)
            for candidate in dict.fromkeys((least, case)):
                steps = await self._afresh(candidate, wanted, within)
                if steps is not None:
                    return self.finding(wanted, steps[0], steps[1], reproduced=True)
        with_history = await self._with_history(case, wanted, history)
        if with_history is not None:
            return self.finding(wanted, with_history[0], with_history[1], reproduced=True)
        return self.finding(wanted, [(case, 1)], seen or first, reproduced=seen is not None)

    async def _afresh(
        self, case: Case, wanted: Suspicion, within: float | None = None
    ) -> tuple[list[tuple[Case, int]], Observation] | None:
        """How often a fresh worker must be invoked until it shows the defect."""
        await self.restart()
        for number in range(1, REPEATS + 1):
            (seen,) = await self.ask([case], within)
            if self._same(self.suspect(seen), wanted):
                return [(case, number)], seen
            if seen.reply is None:
                return None
        return None

    async def leading_to(
        self, case: Case, wanted: Suspicion, history: Sequence[Case]
    ) -> list[tuple[Case, int]] | None:
        """The steps that lead a fresh worker to what was shown on another one."""
        found = await self._afresh(case, wanted, HURRY * load_factor())
        found = found or await self._with_history(case, wanted, history)
        return found[0] if found is not None else None

    async def least(self, case: Case, wanted: Suspicion) -> Case:
        """Make an input smaller while it still shows the defect."""
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
        """The first candidate that shows the defect; all are invoked at once."""
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
        """Steps on a fresh worker that lead to the defect."""
        hurry = 2 * HURRY if wanted.kind is Kind.SILENT else AGAIN
        shown = await self._replayed([*history, case], wanted, hurry)
        if shown is None:
            return None
        values = [case.value for case in self._linked(shown[0])]
        least = [shown[0][position] for position in needed(values)]
        if 1 < len(least) < len(shown[0]):
            shown = await self._replayed(least, wanted, hurry) or shown
        loop = asyncio.get_running_loop()
        until = loop.time() + SECONDS
        progress = len(shown[0]) > 2
        while progress and loop.time() < until:
            progress = False
            for shorter in fewer(shown[0]):
                if loop.time() > until:
                    break
                found = await self._replayed(shorter, wanted, hurry)
                if found is not None:
                    shown, progress = found, True
                    break
        alone = await self._alone(shown[0], wanted)
        return alone or (_counted(self._linked(shown[0])), shown[1])

    async def _alone(
        self, steps: Sequence[Case], wanted: Suspicion
    ) -> tuple[list[tuple[Case, int]], Observation] | None:
        """One of the steps that ends a fresh worker by itself, so that the others do not matter.

        The invocation that was lost with a worker is not always the one that ended it.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + SECONDS
        for case in dict.fromkeys(reversed(steps)) if wanted.kind.ends_the_worker else ():
            if loop.time() > until:
                return None
            await self.restart()
            (seen,) = await self.ask([case], self.usual(case.function_id))
            found = self.suspect(seen)
            if found is not None and found.kind is wanted.kind:
                return [(case, 1)], seen
        return None

    async def _replayed(
        self, steps: Sequence[Case], wanted: Suspicion, within: float
    ) -> tuple[Sequence[Case], Observation] | None:
        """The steps up to the one that shows the defect, and what was seen."""
        await self.restart()
        loop = asyncio.get_running_loop()
        until = loop.time() + REPLAY * load_factor()
        results: list[Any] = []
        *before, last = self._linked(steps)
        for number, step in enumerate(before, 1):
            if loop.time() > until:
                return None
            case = self.filled_in(step, results)
            (seen,) = await self.ask([case], self.usual(case.function_id))
            if self._same(self.suspect(seen), wanted):
                return steps[:number], seen
            results.append(result_of(seen))
        shown = await self.shows(self.filled_in(last, results), wanted, within)
        return None if shown is None else (steps, shown)

    def _linked(self, steps: Sequence[Case]) -> list[Case]:
        """The steps with references where the data of one comes from the result of another."""
        values = linked([(case.value, self.results(case)) for case in steps])
        return [
            case if value is case.value else self.with_value(case, value)
            for case, value in zip(steps, values, strict=True)
        ]

    def filled_in(self, case: Case, results: Sequence[Any]) -> Case:
        """The input with its references filled in."""
        value = filled_in(case.value, results)
        return case if value is case.value else self.with_value(case, value)

    def finding(
        self,
        wanted: Suspicion,
        steps: Sequence[tuple[Case, int]],
        seen: Observation,
        *,
        reproduced: bool,
    ) -> Defect:
        """The finding for a suspicion, with what was ``seen`` after its steps."""
        shown = self.suspect(seen)
        if shown is None or shown.kind is not wanted.kind:
            shown = wanted
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


def result_of(seen: Observation) -> Any:
    """What an invocation returned; ``None`` if it did not."""
    try:
        body = msgspec.json.decode(seen.reply or b"null")
    except (msgspec.DecodeError, RecursionError):
        return None
    return body.get("result") if isinstance(body, dict) else None


def _counted(steps: Sequence[Case]) -> list[tuple[Case, int]]:
    """Steps with equal neighbours merged and counted."""
    out: list[tuple[Case, int]] = []
    for case in steps:
        if out and out[-1][0] == case:
            out[-1] = (case, out[-1][1] + 1)
        else:
            out.append((case, 1))
    return out
