"""Which suspicions are investigated, and with what result: one finding for each cause."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from conformance.fuzz.campaign.defect import CampaignReport, Defect
from conformance.fuzz.campaign.minimiser import Minimiser
from conformance.fuzz.campaign.oracles import Kind, Observation, Suspicion
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.fuzz.target import Case

HISTORY = 300
"""Inputs before a suspicion that may have led to it."""

REMEMBERED = 10 * HISTORY
"""Inputs from which that is cut: some suspicions come late."""

MOST_LOOKS = 5
"""Suspicions of a kind and function that are investigated; the others are most likely the same."""

MOST_UNEXPLAINED = 2
"""Ends of the worker with one cause that are investigated without success; others are most likely
the same."""

SPARED = 8
"""Ends of the worker after which a function is fuzzed in every eighth batch only."""


@dataclass
class Triage:
    """The suspicions of a campaign, and the findings in its report.

    ``closes`` is the time, by the loop's clock, after which nothing new is investigated. ``keep``
    is called with each finding as soon as it is made.

    What was seen once and could not be reproduced is a note: its cause is unknown. Only a reply
    that is wrong in itself needs no reproduction.
    """

    plan: Plan
    minimiser: Minimiser
    corpus: Corpus
    report: CampaignReport
    closes: float | None
    keep: Callable[[Defect], None] = lambda _: None
    _history: deque[Case] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _causes: dict[tuple[Kind, str, str], Defect] = field(default_factory=dict)
    _looks: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    _ends: Counter[str] = field(default_factory=Counter)
    _unexplained: Counter[str] = field(default_factory=Counter)
    _taken_up: int = 0
    _open: Suspicion | None = None

    @property
    def full(self) -> bool:
        """Whether there are as many findings as the plan wants."""
        if len(self._causes) >= self.plan.enough:
            return True
        return self.plan.stop_at is not None and self._taken_up >= self.plan.stop_at

    @property
    def closed(self) -> bool:
        """Whether it is too late to investigate anything."""
        return self.closes is not None and asyncio.get_running_loop().time() > self.closes

    # -- what is known ---------------------------------------------------------------------------

    def remember(self, inputs: Iterable[Case]) -> None:
        """Keep inputs that are sent, because they may have led to what is seen later."""
        self._history.extend(inputs)

    @property
    def last(self) -> Case | None:
        """The input that was sent last."""
        return self._history[-1] if self._history else None

    def silences(self) -> list[Defect]:
        """The findings of functions that answer nothing at times."""
        silent = (Kind.SILENT, Kind.STUCK)
        return [finding for finding in self.report.findings if finding.kind in silent]

    def costly(self, batch: int) -> set[str]:
        """Functions that ended the worker often in a known way: most batches leave them out."""
        if batch % SPARED == 0:
            return set()
        return {name for name, count in self._ends.items() if count >= SPARED}

    def is_known_end(self, suspicion: Suspicion, functions: Collection[str]) -> bool:
        """Count the end of a worker if one of ``functions`` is known to cause it."""
        for finding in self.report.findings:
            same = finding.suspicion.cause == suspicion.cause or suspicion.kind is not Kind.CRASH
            function_id = finding.suspicion.function_id
            if finding.kind is suspicion.kind and same and function_id in functions:
                finding.hits += 1
                dear = SPARED // 2 if suspicion.kind is Kind.DEAF else 1  # takes seconds to notice
                self._ends[function_id] += dear
                return True
        return False

    # -- what is new -----------------------------------------------------------------------------

    def takes_up(self, suspicion: Suspicion) -> bool:
        """Whether a suspicion is new and is to be investigated; a known one is counted."""
        known = self._causes.get((suspicion.kind, suspicion.function_id, suspicion.cause))
        if known is not None:
            known.hits += 1
            self._ends[suspicion.function_id] += suspicion.kind.ends_the_worker
            return False
        group = (suspicion.kind, suspicion.function_id)
        self._looks[group] += 1
        if self._looks[group] > MOST_LOOKS or self.closed:
            return False
        self._taken_up += 1
        return True

    async def meet(self, case: Case, suspicion: Suspicion, seen: Observation) -> None:
        """Handle a suspicion: count it if its cause is known, investigate it otherwise."""
        if not self.takes_up(suspicion):
            return
        at = seen.number or self.report.invocations
        self._open = suspicion
        finding = await self._looked_into(case, suspicion, seen)
        self._open = None
        if finding is None:
            return
        finding.at = at
        if finding.is_proven or self.plan.stop_at is not None:
            self.file(suspicion, finding, case)
        else:
            self._unexplained[suspicion.cause] += suspicion.kind.ends_the_worker
            self.note_once(suspicion)

    def is_unexplained(self, suspicion: Suspicion) -> bool:
        """Whether this end of the worker was investigated often enough, and its cause not found."""
        return self._unexplained[suspicion.cause] >= MOST_UNEXPLAINED

    def note_once(self, suspicion: Suspicion) -> None:
        """Note what was seen and could not be reproduced."""
        self.note(f"{_once(suspicion)}; it could not be shown again, so nothing is blamed")

    def interrupted(self) -> None:
        """Note what was being investigated when the campaign ended, if anything was."""
        if self._open is not None:
            self.note(f"{_once(self._open)}; the campaign ended before it was shown again")

    async def _looked_into(
        self, case: Case, suspicion: Suspicion, seen: Observation
    ) -> Defect | None:
        if suspicion.kind is Kind.CROSSED:
            return await self._really_crossed(case, suspicion, seen)
        if self.plan.stop_at is not None:
            return Defect(suspicion, (), reproduced=False)
        return await self.minimiser.settle(case, suspicion, seen, self.before(case))

    async def _really_crossed(
        self, case: Case, suspicion: Suspicion, seen: Observation
    ) -> Defect | None:
        """Whether another's data came by mistake, and not from a memory that the function has.

        Asked alone, a function that remembers answers with what it remembers again; one that
        mixes up its invocations gives the data back that it was sent.
        """
        (alone,) = await self.minimiser.ask([case])
        if alone.reply is None or not alone.tag or alone.tag.encode() not in alone.reply:
            what = "answers with data of earlier invocations: a store, or a leak"
            self.note(f"{case.function_id} {what}")
            return None
        return self.minimiser.finding(suspicion, [(case, 1)], seen, reproduced=False)

    def before(self, case: Case) -> list[Case]:
        """The inputs that were sent just before this one."""
        history = list(self._history)
        place = next((n for n, one in enumerate(history) if one is case), len(history))
        return history[max(0, place - HISTORY) : place]

    def file(self, suspicion: Suspicion, finding: Defect, case: Case) -> None:
        """Keep a finding, unless the same steps were already found to show the same."""
        self._causes[suspicion.kind, suspicion.function_id, suspicion.cause] = finding
        for other in self.report.findings:
            if other.explains(finding):
                other.hits += 1
                return
        explained = [other for other in self.report.findings if finding.explains(other)]
        finding.hits += sum(other.hits for other in explained)
        self.report.findings = [f for f in self.report.findings if f not in explained] + [finding]
        self.corpus.keep(case.function_id, case)
        self.keep(finding)

    def note(self, text: str) -> None:
        """Note what an operator may want to know, once."""
        if text.partition(":")[0] not in {note.partition(":")[0] for note in self.report.notes}:
            self.report.notes.append(text)


def _once(suspicion: Suspicion) -> str:
    """What was seen once, without blaming an invocation: any of them may have ended the worker."""
    if suspicion.kind.ends_the_worker:
        return f"seen once, {suspicion.kind.value}: {suspicion.seen}"
    return f"seen once, {suspicion.kind.value} to an invocation of {suspicion.function_id}"
