"""Mutants before the judge: one mechanism for the tests and the kill matrix."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Conclusion, Finding, inconclusive
from conformance.trials.trial import CHECKS, TRIALS
from tests.judging import judge
from tests.mutants.catalogue import Mutant

_PORTS = itertools.cycle(range(20000 + os.getpid() % 1000 * 10, 31000))


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a mutant: the finding on its own requirement, and what else it broke."""

    mutant: Mutant
    finding: Finding
    collateral: tuple[str, ...]

    @property
    def killed(self) -> bool:
        """Whether its own requirement tells it from a right worker, and why."""
        finding = self.finding
        return finding.conclusion is Conclusion.BROKEN and bool(finding.expected and finding.seen)


def decided_with(requirement_id: str, seen_in: Iterable[str] = ()) -> tuple[str, ...]:
    """The requirements that the trials of this one, and of all it needs, decide as well.

    What must always hold is decided by any trials, by those in ``seen_in`` too.
    """
    played = _trials(requirement_id) | set(seen_in)
    return tuple(other for other in sorted(CHECKS) if _trials(other) <= played)


def judged(mutant: Mutant, *, unprepared: bool = False) -> Row:
    """Judge a mutant by its own requirement, and by all that is decided with it.

    ``unprepared`` is whether in its form without known functions.

    A fault of the suite is told as the finding: the mutant survives it.
    """
    try:
        return _judged(mutant, "--unprepared" if unprepared else "")
    except Exception as fault:
        return Row(mutant, inconclusive(f"a fault of the suite: {fault!r}"), ())


def _judged(mutant: Mutant, option: str) -> Row:
    seen_in = mutant.seen_in if CHECKS[mutant.requirement].watch is not None else ()
    decided = decided_with(mutant.requirement, seen_in)
    others = [other for other in decided if other != mutant.requirement]
    played = _trials(mutant.requirement) | set(seen_in)
    own, *rest = judge(
        f"tests.mutants {mutant.name} {option}",
        [mutant.requirement, *others],
        default_port=(port := free_port()),
        full=mutant.full or CHECKS[mutant.requirement].long,
        environment={"MUTANT_PORT": str(port)},
        witnesses=[TRIALS[name] for name in sorted(played)],
    )
    broken = [v.requirement.id for v in rest if v.finding.conclusion is Conclusion.BROKEN]
    return Row(mutant, own.finding, tuple(broken))


def lasts(mutant: Mutant) -> float:
    """About how many seconds the longest trial takes that a mutant is judged by."""
    return max((TRIALS[name].seconds for name in _trials(mutant.requirement)), default=0.0)


def free_port() -> int:
    """A port that a mutant may insist on; the real one is a single one for all.

    It is below those that the system hands out: many engines are given such ones meanwhile.
    """
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("unreachable")


def _trials(requirement_id: str) -> frozenset[str]:
    """The names of the trials that a verdict takes, those of its prerequisites included."""
    names: set[str] = set()
    waiting, seen = [requirement_id], set()
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += load()[each].needs
            names |= {trial.name for trial in CHECKS[each].trials} if each in CHECKS else set()
    return frozenset(names)
