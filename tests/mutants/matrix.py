"""Judging mutants: one mechanism for the tests and the kill matrix."""

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
    """The result of a mutant: the finding on its own requirement, and what else it broke."""

    mutant: Mutant
    finding: Finding
    collateral: tuple[str, ...]

    @property
    def killed(self) -> bool:
        """Whether its own requirement fails with a reason."""
        finding = self.finding
        return finding.conclusion is Conclusion.BROKEN and bool(finding.expected and finding.seen)


def decided_with(requirement_id: str, seen_in: Iterable[str] = ()) -> tuple[str, ...]:
    """The requirements that are decided by the trials of this one and of its prerequisites.

    A requirement that must always hold is decided by any trial, including those in ``seen_in``.
    """
    played = _trials(requirement_id) | set(seen_in)
    return tuple(other for other in sorted(CHECKS) if _trials(other) <= played)


def judged(mutant: Mutant, *, unprepared: bool = False) -> Row:
    """Judge a mutant by its own requirement, and by all that are decided with it.

    ``unprepared`` runs it in its form without known functions.

    A fault of the suite becomes the finding, and the mutant survives.
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
    """How long the longest trial for a mutant takes, in seconds, approximately."""
    return max((TRIALS[name].seconds for name in _trials(mutant.requirement)), default=0.0)


def free_port() -> int:
    """A port that a mutant may insist on, in place of the default port, which all tests share.

    It is below the range from which the system takes free ports, because many engines use those.
    """
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("unreachable")


def _trials(requirement_id: str) -> frozenset[str]:
    """The names of the trials for a verdict, including those of its prerequisites."""
    names: set[str] = set()
    waiting, seen = [requirement_id], set()
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += load()[each].needs
            names |= {trial.name for trial in CHECKS[each].trials} if each in CHECKS else set()
    return frozenset(names)
