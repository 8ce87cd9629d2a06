"""Whether a worker keeps more and more of memory and descriptors."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import psutil

from conformance.fuzz.finding import Finding, Step
from conformance.fuzz.inquiry import Inquiry
from conformance.fuzz.line import Line
from conformance.fuzz.oracles import Kind, Suspicion
from conformance.fuzz.search import Search
from conformance.fuzz.target import Input
from conformance.subject.process import WorkerProcess

LEAST = 1000
"""Invocations before growth means anything."""

ROUNDS = 8
A_ROUND = 200
"""Invocations of a round; the first rounds warm up."""

BYTES = 1024
"""Growth of memory an invocation, in every one of the last rounds, that is told."""

DESCRIPTORS = 64


@dataclass
class Growth:
    """Measures the worker's process while the same inputs are repeated."""

    line: Line
    inquiry: Inquiry
    _first: tuple[int, int] | None = None
    _sent: int = 0
    measured: list[tuple[int, int]] = field(default_factory=list)

    def restarted(self) -> None:
        """A fresh process begins anew."""
        self._first, self._sent = None, self.line.sent

    def sample(self) -> None:
        """Note how much the process has, from time to time."""
        if self._first is None:
            self._first = self._now()

    def _now(self) -> tuple[int, int] | None:
        """Memory in bytes, and descriptors, of the worker's process and its children.

        Those of a container belong to its own kernel's bookkeeping and are not measured.
        """
        run = self.line.stage.process
        if not isinstance(run, WorkerProcess):
            return None
        with suppress(psutil.Error, OSError):
            process = psutil.Process(run.pid)
            family = [process, *process.children(recursive=True)]
            memory = sum(one.memory_info().rss for one in family)
            count = sum(one.num_fds() if hasattr(one, "num_fds") else 0 for one in family)
            return memory, count
        return None

    async def climbs(self, search: Search) -> list[tuple[Suspicion, Input]]:
        """Repeat inputs that had a result, and say for each function what climbs with them."""
        if self.line.sent - self._sent < LEAST:
            return []
        found: list[tuple[Suspicion, Input]] = []
        for name, one in list(search.fields.items())[:8]:
            kept = [k for k in one.kept if k.succeeded][:1]
            kept += [k for k in one.kept if not k.succeeded][:1]
            for chosen in kept:
                given = self.inquiry.with_value(Input(name, b"", None), chosen.value)
                suspicion = await self._climbs_with(given)
                if suspicion is not None:
                    found.append((suspicion, given))
                    break
        return found

    async def _climbs_with(self, given: Input) -> Suspicion | None:
        marks: list[tuple[int, int]] = []
        for number in range(ROUNDS):
            sent = self.line.send([given] * A_ROUND)
            if not await self.line.wait(sent, 2.0):
                for one in sent:
                    self.line.forget(one)
                return None
            mark = self._now()
            if mark is None:
                return None
            marks.append(mark)
            if number == 3 and not self._rising(marks[1:]):
                return None
        return self._said(given, marks[2:])

    @staticmethod
    def _rising(marks: list[tuple[int, int]]) -> bool:
        memory = all(b[0] > a[0] for a, b in pairwise(marks))
        return memory or marks[-1][1] > marks[0][1]

    @staticmethod
    def _said(given: Input, marks: list[tuple[int, int]]) -> Suspicion | None:
        steps = list(pairwise(marks))
        rounds = len(steps)
        descriptors = marks[-1][1] - marks[0][1]
        if descriptors >= DESCRIPTORS and all(b[1] > a[1] for a, b in steps):
            told = f"{descriptors} more after {rounds * A_ROUND} invocations with the same data"
            return Suspicion(Kind.DESCRIPTORS, given.function_id, "", "as many as before", told)
        if all(b[0] - a[0] >= BYTES * A_ROUND for a, b in steps):
            each = (marks[-1][0] - marks[0][0]) // (rounds * A_ROUND)
            told = f"{each} bytes more with each invocation of the same data, {rounds} rounds long"
            return Suspicion(Kind.MEMORY, given.function_id, "", "memory that stays", told)
        return None

    @staticmethod
    def finding(suspicion: Suspicion, given: Input) -> Finding:
        """The finding that a suspicion of growth is."""
        step = Step(given.function_id, given.text.decode("utf-8", "replace"), ROUNDS * A_ROUND)
        return Finding(suspicion, (step,), reproduced=True)
