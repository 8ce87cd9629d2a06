"""From findings to verdicts: levels, prerequisites, and what was not put to the proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.requirements.catalogue import Catalogue, Method, Requirement
from conformance.requirements.known import KnownFailure, applied
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import (
    Conclusion,
    Finding,
    Outcome,
    inconclusive,
    not_applicable,
    outcome_of,
)
from conformance.trials.scheduler import InconclusiveTrial, TrialOutcome
from conformance.trials.trial import Check, Record, Trial


@dataclass(frozen=True, slots=True)
class Tried:
    """How often something flaky was put to the proof, and how often it was kept."""

    judged: int
    kept: int

    @property
    def is_flaky(self) -> bool:
        """Whether it went both ways."""
        return 0 < self.kept < self.judged


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one requirement, with the finding and the records it rests on.

    ``runs`` are the names of the worker's runs that were looked at; ``tried`` is how a flaky
    requirement fared.
    """

    requirement: Requirement
    outcome: Outcome
    finding: Finding
    records: tuple[Record[Any], ...] = ()
    known: KnownFailure | None = None
    runs: tuple[str, ...] = ()
    tried: Tried | None = None

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines the worker wrote in the trials that were looked at."""
        return tuple(line for record in self.records[:1] for line in record.log)


class Judge:
    """Reaches verdicts, each once, fetching records as it needs them."""

    def __init__(
        self,
        catalogue: Catalogue,
        checks: Mapping[str, Check],
        outcome: Callable[[Trial[Any]], TrialOutcome],
        protocol: Callable[[], Protocol],
        known: Mapping[str, KnownFailure],
    ) -> None:
        self._catalogue = catalogue
        self._checks = checks
        self._outcome = outcome
        self._protocol = protocol
        self._known = known
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, requirement_id: str) -> Verdict:
        """The verdict on a requirement; the trials it takes are played if they were not.

        Raises:
            KeyError: there is no such requirement.
            Exception: a trial failed by a fault of the suite.
        """
        if requirement_id not in self._verdicts:
            self._verdicts[requirement_id] = self._judge(self._catalogue[requirement_id])
        return self._verdicts[requirement_id]

    def _judge(self, requirement: Requirement) -> Verdict:
        obstacle = self._obstacle(requirement)
        if obstacle is not None:
            return self._verdict(requirement, obstacle)
        check = self._checks[requirement.id]
        known = self._known.get(requirement.id)
        if known is None or not known.tries:
            return self._tried(requirement, check, 1)
        tries = [self._tried(requirement, check, n + 1) for n in range(known.tries)]
        number, tried = rated([each.finding for each in tries])
        verdict = replace(tries[number], tried=tried)
        return replace(verdict, outcome=Outcome.FLAKY) if tried and tried.is_flaky else verdict

    def _tried(self, requirement: Requirement, check: Check, number: int) -> Verdict:
        """The verdict of one try, the first or a later one."""
        outcomes = [self._outcome(attempt(trial, number)) for trial in check.trials]
        records = tuple(outcome for outcome in outcomes if isinstance(outcome, Record))
        if records:
            finding = check.judge(*records)
        else:
            finding = inconclusive(
                next(o.reason for o in outcomes if isinstance(o, InconclusiveTrial))
            )
        runs = dict.fromkeys(outcome.run for outcome in outcomes if outcome.run)
        return self._verdict(requirement, finding, records, tuple(runs))

    def _verdict(
        self,
        requirement: Requirement,
        finding: Finding,
        records: tuple[Record[Any], ...] = (),
        runs: tuple[str, ...] = (),
    ) -> Verdict:
        known = self._known.get(requirement.id)
        outcome = applied(outcome_of(finding, requirement.level), finding.seen, known)
        return Verdict(requirement, outcome, finding, records, known, runs)

    def _obstacle(self, requirement: Requirement) -> Finding | None:
        """Why the requirement is not put to the proof at all, if it is not."""
        if requirement.method is Method.UNTESTABLE or requirement.id not in self._checks:
            return inconclusive(requirement.reason or "there is no check for it yet")
        for need in requirement.needs:
            prerequisite = self.verdict(need)
            if prerequisite.finding.conclusion in (Conclusion.BROKEN, Conclusion.INCONCLUSIVE):
                return inconclusive(f"needs {need}: {_state(prerequisite)}")
        return self._outside(requirement)

    def _outside(self, requirement: Requirement) -> Finding | None:
        protocol = self._protocol()
        if protocol.knows(requirement.since, requirement.until):
            return None
        bounds = [f"since {requirement.since}"] if requirement.since else []
        bounds += [f"until {requirement.until}"] if requirement.until else []
        return not_applicable(f"a rule of protocol versions {' '.join(bounds)}; {protocol.reason}")


def attempt(trial: Trial[Any], number: int) -> Trial[Any]:
    """The same trial, to be played once more: the second time, the third, and so on."""
    return trial if number == 1 else replace(trial, name=f"{trial.name}-{number}")


def rated(findings: Sequence[Finding]) -> tuple[int, Tried | None]:
    """What the tries of something flaky come to: the first that broke it, and the rate."""
    proven = [
        i for i, f in enumerate(findings) if f.conclusion in (Conclusion.KEPT, Conclusion.BROKEN)
    ]
    if not proven:
        return 0, None
    broken = [i for i in proven if findings[i].conclusion is Conclusion.BROKEN]
    return (broken or proven)[0], Tried(len(proven), len(proven) - len(broken))


def _state(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.NOT_VERIFIED:
        return f"not verified ({verdict.finding.seen})"
    return str(verdict.outcome.value)
