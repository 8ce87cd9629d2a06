"""The player of a scenario as a state machine: happenings in, moves out.

Rules of this file:

* ``heard`` takes what happened, ``move`` says what to do next, ``did``, ``failed`` and ``waited``
  report the result. Nothing here sends, waits, or reads a clock.
* A step that expects something takes the first happening that fits, after the last one that was
  taken from the same source; others are skipped. So early happenings count, and sources do not
  block each other. A group takes its own and skips nothing.
* ``never`` looks at what came after the last thing that a step did or took.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.scenarios.assignment import assignments, unassigned
from conformance.scenarios.happenings import Happening, Source
from conformance.scenarios.patterns.base import Difference
from conformance.scenarios.patterns.json_values import shown
from conformance.scenarios.steps import Act, Expect, Expected, Never, Scenario, Step, Within

TO_CONNECTIONS = ("engine", "engine-frame")
"""Steps whose target is the name of a connection."""


@dataclass(frozen=True, slots=True)
class StepFailure:
    """A step that failed; ``differences`` are those of ``closest``, the happening closest to it."""

    step: Step
    number: int
    expected: str
    seen: str
    differences: tuple[Difference, ...] = ()
    closest: Happening | None = None


@dataclass(frozen=True, slots=True)
class Do:
    """Do what a step says, with its names filled in."""

    step: Act
    what: Any
    target: Source | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the play is ``settled``, for at most ``within``."""

    step: Step
    within: Within


Move = Do | Wait | None
"""What to do next; ``None`` when the play is over."""


@dataclass(slots=True)
class _Guard:
    step: Never
    number: int
    position: int


@dataclass(slots=True)
class Play:
    """One run of a scenario. ``names`` are those that are bound at its beginning."""

    scenario: Scenario
    names: dict[str, Any]
    new_id: Callable[[], str]
    log: list[Happening] = field(default_factory=list)
    failure: StepFailure | None = None
    number: int = 0
    settled: bool = False
    _taken: set[int] = field(default_factory=set)
    _passed: dict[tuple[str, Source], int] = field(default_factory=dict)
    _since: int = 0
    _guards: list[_Guard] = field(default_factory=list)
    _running: set[Source] = field(default_factory=set)
    _connected: set[Source] = field(default_factory=set)

    # -- the ways in -----------------------------------------------------------------------------

    def heard(self, happening: Happening) -> None:
        """Take a happening."""
        self.log.append(happening)
        self._count(happening)
        self._watch()
        if self.failure is None and not self.settled:
            self._look()

    def started(self, process: str) -> None:
        """A process of the worker is running."""
        self._running.add(process)

    def move(self) -> Move:
        """What to do next; asked again only after that was done, or waited for."""
        while self.failure is None and self.number < len(self.scenario.steps):
            step = self.scenario.steps[self.number]
            if isinstance(step, Act) and step.kind != "let":
                return self._do(step)
            if isinstance(step, Act):
                self.names.update(self._do(step).what)
                self._advance()
                continue
            if isinstance(step, Never) and step.until is not None:
                self._guards.append(_Guard(step, self.number, self._since))
                self._watch()
                self._advance()
                continue
            self._look()
            if not self.settled:
                within = step.within if isinstance(step, Expect | Never) else None
                return Wait(step, within)
            self.settled = False
        return None

    def did(self) -> None:
        """The step that was to be done is done."""
        self._since = len(self.log)
        step = self.scenario.steps[self.number]
        if step.kind == "start" and isinstance(step, Act) and step.names_connection:
            self._begin(step)
        self._advance()

    def _begin(self, step: Act) -> None:
        """Know a worker that is complete: its connection has its name, its messages are new.

        What else it did to get there, connecting above all, is over.
        """
        for position, seen in enumerate(self.log):
            if seen.kind == "connects":
                self.names[f"@{step.target}"] = seen.source
            if seen.kind != "message":
                self._passed[seen.kind, seen.source] = position + 1

    def failed(self, expected: str, seen: str) -> None:
        """The step that was to be done could not be."""
        self._fail(self.scenario.steps[self.number], self.number, expected, seen)

    def waited(self, seconds: float) -> None:
        """The wait is over: what was awaited came, or ``seconds`` went by without it."""
        if self.settled or self.failure is not None:
            self.settled = False
            return
        step = self.scenario.steps[self.number]
        if isinstance(step, Never):
            self._since = len(self.log)
            self._advance()
        elif isinstance(step, Expect):
            self._miss(step, f"within {seconds:.1f} s")

    def _count(self, seen: Happening) -> None:
        if seen.kind == "connects":
            self._connected.add(seen.source)
        elif seen.kind == "leaves":
            self._connected.discard(seen.source)
        elif seen.kind == "exits":
            self._running.discard(seen.source)

    @property
    def _is_over(self) -> bool:
        """Whether the worker can send no more: its processes ended, and its connections too."""
        return not self._running and not self._connected

    # -- looking ---------------------------------------------------------------------------------

    def _look(self) -> None:
        """Check whether what the current step waits for has happened."""
        if self.number >= len(self.scenario.steps):
            return
        step = self.scenario.steps[self.number]
        if isinstance(step, Never) and step.until is None:
            self._look_for_unwanted(step, self.number, self._since)
        elif isinstance(step, Expect):
            self._look_for(step)

    def _look_for(self, step: Expect) -> None:
        positions = self._open()
        items = [self.log[position] for position in positions]
        found = next(assignments(step.wanted, items, self.names), None)
        if found is not None:
            chosen, names = found
            self.names = dict(names)
            self._take([positions[index] for index in chosen])
        elif self._spoiled(step):
            self._miss(step, "as its first message")
        elif self._is_over and self._waits_for_worker(step):
            self._miss(step, "before the worker's process ended")

    def _open(self) -> list[int]:
        """The positions of the happenings that no step has taken or skipped."""
        return [
            position
            for position, seen in enumerate(self.log)
            if position >= self._passed.get((seen.kind, seen.source), 0)
            and position not in self._taken
        ]

    def _take(self, positions: list[int]) -> None:
        self._taken.update(positions)
        if len(positions) == 1:
            seen = self.log[positions[0]]
            self._passed[seen.kind, seen.source] = positions[0] + 1
        self._since = max(positions) + 1
        self.settled = True
        self._advance()

    def _spoiled(self, step: Expect) -> bool:
        """Whether another first message came than the one expected."""
        (wanted, *others) = step.wanted
        return (
            wanted.first
            and not others
            and any(s.first and wanted.is_about(s, self.names) for s in self._candidates(wanted))
        )

    @staticmethod
    def _waits_for_worker(step: Expect) -> bool:
        return all(wanted.kind not in ("exits", "answers") for wanted in step.wanted)

    def _watch(self) -> None:
        for guard in self._guards:
            if self.failure is None:
                self._look_for_unwanted(guard.step, guard.number, guard.position)

    def _look_for_unwanted(self, step: Never, number: int, position: int) -> None:
        assert step.unwanted is not None
        for seen in self.log[position:]:
            if step.unwanted.fits(seen, self.names):
                unwanted = step.unwanted.describe(self.names)
                text = f"at {seen.at:.3f} s it did: {shown(seen.value)}"
                self._fail(step, number, f"never: {unwanted}", text, closest=seen)
                return

    # -- going on --------------------------------------------------------------------------------

    def _do(self, step: Act) -> Do:
        what = step.what.render(self.names, self.new_id) if step.what is not None else None
        target: Source | None = step.target
        if step.kind in TO_CONNECTIONS:
            target = self.names.get(f"@{target}")
        return Do(step, what, target)

    def _advance(self) -> None:
        done = self.scenario.steps[self.number].id
        self._guards = [g for g in self._guards if done is None or g.step.until != done]
        self.number += 1

    def _fail(
        self,
        step: Step,
        number: int,
        expected: str,
        seen: str,
        differences: tuple[Difference, ...] = (),
        closest: Happening | None = None,
    ) -> None:
        self.failure = StepFailure(step, number, expected, seen, differences, closest)
        self.settled = True

    # -- what to say of it -----------------------------------------------------------------------

    def _miss(self, step: Expect, when: str) -> None:
        """Fail, with the happening closest to the first one that is missing."""
        items = [self.log[position] for position in self._open()]
        missing, left = unassigned(step.wanted, items, self.names)
        wanted = step.wanted[missing]
        expected = wanted.describe(self.names)
        nothing = "nothing of the kind"
        candidates = [seen for seen in left if wanted.is_about(seen, self.names)]
        judged = [(wanted.pattern.differences(s.value, self.names), s) for s in candidates]
        if not judged:
            self._fail(step, self.number, expected, f"{nothing} {when}{self._instead(wanted)}")
            return
        differences, closest = min(judged, key=lambda pair: _distance(pair[0]))
        seen = f"{nothing} {when}; closest is {shown(closest.value)} at {closest.at:.3f} s"
        if not differences:
            seen = f"{nothing} {when}; {shown(closest.value)} came too late to be it"
        self._fail(step, self.number, expected, seen, tuple(differences), closest)

    def _candidates(self, wanted: Expected) -> list[Happening]:
        items = (self.log[position] for position in self._open())
        return [seen for seen in items if wanted.is_about(seen, self.names)]

    def _instead(self, wanted: Expected) -> str:
        others = [s for s in self.log if s.kind == wanted.kind]
        exits = [s for s in self.log if s.kind == "exits"]
        if self._is_over and exits:
            return f"; the process ended with exit code {exits[-1].value}"
        return "" if not others else f"; {len(others)} such came before, all taken or passed over"


def _distance(differences: list[Difference]) -> tuple[bool, int]:
    return any(d.path == "type" for d in differences), len(differences)
