"""Whether a worker uses more and more memory or descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from conformance.fuzz.campaign.defect import Defect, ReplayStep
from conformance.fuzz.campaign.minimiser import Minimiser
from conformance.fuzz.campaign.oracles import Kind, Suspicion
from conformance.fuzz.campaign.transport import Transport
from conformance.fuzz.search.search import Search
from conformance.fuzz.target import Case
from conformance.subject.usage import Usage

LEAST = 1000
"""Invocations before growth means anything."""

ROUNDS = 8
A_ROUND = 200
"""Invocations per round; the first rounds are a warm-up."""

BYTES = 1024
"""Bytes per invocation by which memory must grow, in every one of the last rounds, to be
reported."""

DESCRIPTORS = 64


@dataclass
class Growth:
    """Measures the worker's process while the same inputs are repeated."""

    transport: Transport
    minimiser: Minimiser
    _sent: int = 0

    def restarted(self) -> None:
        """Start measuring again, because there is a fresh process."""
        self._sent = self.transport.sent

    async def climbs(self, search: Search) -> list[tuple[Suspicion, Case]]:
        """Repeat inputs that had a result, and report for each function what climbs with them."""
        if self.transport.sent - self._sent < LEAST:
            return []
        found: list[tuple[Suspicion, Case]] = []
        for name, one in list(search.fields.items())[:8]:
            kept = [k for k in one.kept if k.succeeded][:1]
            kept += [k for k in one.kept if not k.succeeded][:1]
            for chosen in kept:
                case = self.minimiser.with_value(Case(name, b"", None), chosen.value)
                suspicion = await self._climbs_with(case)
                if suspicion is not None:
                    found.append((suspicion, case))
                    break
        return found

    async def _climbs_with(self, case: Case) -> Suspicion | None:
        marks: list[Usage] = []
        for number in range(ROUNDS):
            sent = self.transport.send([case] * A_ROUND)
            if not await self.transport.wait(sent, 2.0):
                for one in sent:
                    self.transport.forget(one)
                return None
            mark = self.transport.harness.worker.process.usage()
            if mark is None:
                return None
            marks.append(mark)
            if number == 3 and not self._rising(marks[1:]):
                return None
        return self._said(case, marks[2:])

    @staticmethod
    def _rising(marks: list[Usage]) -> bool:
        memory = all(b.memory > a.memory for a, b in pairwise(marks))
        return memory or marks[-1].descriptors > marks[0].descriptors

    @staticmethod
    def _said(case: Case, marks: list[Usage]) -> Suspicion | None:
        steps = list(pairwise(marks))
        rounds = len(steps)
        descriptors = marks[-1].descriptors - marks[0].descriptors
        if descriptors >= DESCRIPTORS and all(b.descriptors > a.descriptors for a, b in steps):
            text = f"{descriptors} more after {rounds * A_ROUND} invocations with the same data"
            return Suspicion(Kind.DESCRIPTORS, case.function_id, "", "as many as before", text)
        if all(b.memory - a.memory >= BYTES * A_ROUND for a, b in steps):
            each = (marks[-1].memory - marks[0].memory) // (rounds * A_ROUND)
            text = f"{each} bytes more with each invocation of the same data, {rounds} rounds long"
            return Suspicion(Kind.MEMORY, case.function_id, "", "memory that stays", text)
        return None

    @staticmethod
    def finding(suspicion: Suspicion, case: Case) -> Defect:
        """The finding for a suspicion of growth."""
        step = ReplayStep(case.function_id, case.text.decode("utf-8", "replace"), ROUNDS * A_ROUND)
        return Defect(suspicion, (step,), reproduced=True)
