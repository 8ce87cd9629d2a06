"""A campaign: invocations, each judged, until the time or the number is used up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.errors import Inconclusive
from conformance.fuzz.campaign.defect import CampaignReport, Defect, Explored
from conformance.fuzz.campaign.growth import Growth
from conformance.fuzz.campaign.minimiser import Minimiser
from conformance.fuzz.campaign.oracles import Observation, Suspicion, judge
from conformance.fuzz.campaign.replies import Replies
from conformance.fuzz.campaign.silence import Silences
from conformance.fuzz.campaign.spares import Spares
from conformance.fuzz.campaign.transport import Pending, Transport
from conformance.fuzz.campaign.triage import Triage
from conformance.fuzz.campaign.unanswered import Unanswered
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.fuzz.search.search import Search
from conformance.fuzz.search.seeds import seeds
from conformance.fuzz.target import Case, targets
from conformance.trials.harness import Harness

PATIENCE = 1.0
"""Seconds for a batch, after which invocations without an answer are awaited separately."""

SHORT_PATIENCE = 0.04
"""The same if only functions that are known to be slow have not answered."""

ANSWERED_EVERY = 6
"""Number of batches, after which one follows whose own calls get odd answers."""

ODD = 16
"""How many inputs that no engine would deliver are sent at a time."""

AFTERMATH = 30.0
"""Seconds after the end of a campaign for investigating what it found."""


class Campaign:
    """Fuzzes the worker of a harness; ``report`` is called with the progress meanwhile.

    ``keep`` is called with each finding as soon as it is made, in the thread of the campaign.
    """

    def __init__(
        self, plan: Plan, corpus: Corpus, keep: Callable[[Defect], None] = lambda _: None
    ) -> None:
        self.plan = plan
        self._keep = keep
        self.report = CampaignReport(plan.seed)
        self._corpus = corpus
        self._odd: list[Case] = []
        self._batches = 0

    async def play(self, harness: Harness) -> CampaignReport:
        """Run the campaign.

        Raises:
            Inconclusive: the worker has no function that may be fuzzed, or is not ready.
        """
        self._harness = harness
        permitted = {
            name: body
            for name, body in harness.baseline.functions.items()
            if harness.obstacle(name) is None
        }
        self.report.withheld = harness.invoker.withheld()
        self._targets = targets(permitted, self.plan.patterns)
        if not self._targets:
            raise Inconclusive(self._nothing(permitted))
        await harness.worker.start()
        await harness.presence.ready()
        self._began = asyncio.get_running_loop().time()
        self._prepare()
        try:
            await self._run()
            await self._missing.follow_up(until_none=True)
            if not self._triage.closed:
                for suspicion, case in await self._growth.climbs(self._search):
                    self._triage.file(suspicion, self._growth.finding(suspicion, case), case)
        finally:
            self._conclude()
            await self._spares.close()
        return self.report

    def _nothing(self, permitted: Mapping[str, Any]) -> str:
        if self.plan.patterns:
            names = ", ".join(sorted(permitted)[:8]) or "none"
            wanted = ", ".join(self.plan.patterns)
            return f"no function matches {wanted}; the worker registers: {names}"
        return "the worker registers no function that may be fuzzed"

    def _prepare(self) -> None:
        plan = self.plan
        self._spares = Spares(self._harness)
        self._transport = Transport(self._harness)
        known = seeds(self._harness, self._targets, plan, self._corpus)
        self._search = Search(self._targets, plan.seed, known, steered=plan.steered)
        self._replies = Replies(
            plan, self._transport, self._search, self._targets, self._corpus, self.report
        )
        self._harness.transcript.listeners.append(self._replies.overhear)
        self._minimiser = Minimiser(
            self._transport,
            self._targets,
            self._restart,
            self._replies.deadline,
            self._replies.usual,
            lambda case: self._replies.results.get(case, ()),
            plan.exceptions,
        )
        self._growth = Growth(self._transport, self._minimiser)
        closes = None if plan.seconds is None else self._began + plan.seconds + AFTERMATH
        self._triage = Triage(plan, self._minimiser, self._corpus, self.report, closes, self._keep)
        parts = (self._transport, self._replies, self._minimiser, self._triage)
        self._missing = Unanswered(*parts, Silences(*parts))

    # -- the loop --------------------------------------------------------------------------------

    async def _run(self) -> None:
        size = max(1, self.plan.window // 2)
        flying: deque[list[Pending]] = deque()
        while not self._over():
            while len(flying) < (2 if self.plan.window > 1 else 1):
                flying.append(self._send(size))
            self._batches += 1
            await self._land(flying.popleft())
            if not self._alive():
                await self._missing.interrupted([one for batch in flying for one in batch])
                flying.clear()
            if self._replies.misuses.calls and self._batches % ANSWERED_EVERY == 0:
                while flying:
                    await self._land(flying.popleft())
                await self._answer_oddly(size)
            all_rest = self._missing.resting() >= set(self._targets)
            await self._missing.follow_up(until_none=all_rest)
            if len(self._odd) >= ODD:
                while flying:
                    await self._land(flying.popleft())
                await self._try_odd()
            await self._now_and_then()
        for batch in flying:
            await self._land(batch)
        await self._try_odd()

    async def _now_and_then(self) -> None:
        """What is not needed in every batch."""
        if self._batches % 16 == 0:
            await asyncio.sleep(0)
        if self._batches % 64 == 0:
            for name, value in self._corpus.news():
                self._search.share(name, value)

    def _over(self) -> bool:
        if self._triage.full:
            return True
        if self.plan.count is not None and self.report.invocations >= self.plan.count:
            return True
        now = asyncio.get_running_loop().time()
        return self.plan.seconds is not None and now - self._began >= self.plan.seconds

    def _alive(self) -> bool:
        return self._harness.worker.running and bool(self._harness.workers)

    def _send(self, size: int) -> list[Pending]:
        if self.plan.count is not None:
            size = max(1, min(size, self.plan.count - self.report.invocations))
        spared = self._missing.resting() | self._triage.costly(self._batches)
        drawn = self._search.batch(size, spared)
        self.report.invocations += len(drawn)
        inputs = [one for one in drawn if one.deliverable]
        self._odd += [one for one in drawn if not one.deliverable]
        return self._dispatch(inputs)

    def _dispatch(self, cases: list[Case]) -> list[Pending]:
        self._triage.remember(cases)
        self._transport.answer_calls_with(cases[0].answer if cases else "")
        sent = self._transport.send(cases)
        self._replies.expect(sent)
        return sent

    async def _answer_oddly(self, size: int) -> None:
        """Give odd answers to the calls that functions make by themselves, for one batch."""
        answer = self._search.answer()
        drawn = [replace(one, answer=answer) for one in self._search.again(size)]
        self.report.invocations += len(drawn)
        await self._land(self._dispatch(drawn))

    async def _land(self, batch: list[Pending]) -> None:
        """Wait for a batch, judge it and learn from it, in the order in which it was sent."""
        slow = self._missing.resting(1)
        slow |= {finding.suspicion.function_id for finding in self._triage.silences()}
        prompt = [one for one in batch if one.case.function_id not in slow]
        await self._transport.wait(prompt, PATIENCE)
        await self._transport.wait(batch, SHORT_PATIENCE)
        log = self._transport.fresh_log()
        last = batch[-1].number if batch else 0
        suspects: list[tuple[Pending, Suspicion, Observation]] = []
        for one in batch:
            if one.reply is None:
                self._missing.miss(one)
                continue
            seen = self._transport.observation(one, log if one.number == last else ())
            suspicion = self._replies.take(one, seen)
            if suspicion is not None:
                suspects.append((one, suspicion, seen))
        for one, suspicion, seen in suspects:
            await self._triage.meet(one.case, suspicion, seen)
        await self._meet_seconds()
        if self._replies.misuses.fresh and not self._triage.closed:
            cases = [one.case for one in batch]
            for found in await self._replies.misuses.traced(cases, self._minimiser):
                self._triage.file(*found)

    async def _meet_seconds(self) -> None:
        """Judge second replies to the same invocation."""
        for one in tuple(self._transport.twice):
            seen = self._transport.observation(one)
            again = judge(self._targets[one.case.function_id], seen)
            if again is not None:
                await self._triage.meet(one.case, again, seen)
        self._transport.twice.clear()

    async def _try_odd(self) -> None:
        """Send what no engine would deliver, while nothing else is in flight.

        How a worker answers that, and whether it does, is not judged. A worker that does not
        survive it is not wrong either, but its owner may want to know.
        """
        odd, self._odd = self._odd, []
        if not odd or await self._survives(odd):
            return
        await self._restart()
        for one in odd:
            if not await self._survives([one]):
                origin = one.origin.rpartition(": ")[2]
                self._triage.note(f"it does not survive data that no engine delivers: {origin}")
                await self._restart()
                return

    async def _survives(self, odd: Sequence[Case]) -> bool:
        """Whether the worker is still responsive after these, for which no answer is expected."""
        sent = self._transport.send(odd)
        await self._transport.wait(sent, SHORT_PATIENCE)
        for one in sent:
            self._transport.forget(one)
        return self._alive() and await self._minimiser.listens()

    async def _restart(self) -> None:
        """Give the worker a fresh process."""
        self.report.restarts += 1
        before = self._harness
        self._harness = await self._spares.exchange(before)
        if self._harness is not before:
            self._harness.transcript.listeners.append(self._replies.overhear)
        self._transport.restarted(self._harness)
        self._missing.restarted()
        self._growth.restarted()

    def _conclude(self) -> None:
        report = self.report
        self._triage.interrupted()
        self._missing.silences.close()
        report.seconds = asyncio.get_running_loop().time() - self._began
        for name, one in self._search.fields.items():
            explored = report.explored.setdefault(name, Explored())
            explored.news = len(one.news)
            learned = self._harness.baseline.knowledge.functions.get(name)
            explored.calls = learned.calls if learned is not None else ()
            explored.learned = tuple(field for field, _ in one.names.most_common(12))
            target = self._targets[name]
            if target.generator is not None:
                explored.format = "declared"
            elif target.unsupported:
                explored.format = f"not usable: {target.unsupported}"
            else:
                explored.format = "none declared"
        for finding in report.findings:
            report.kinds[finding.kind.value] += 1
