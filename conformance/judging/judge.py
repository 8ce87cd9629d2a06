"""From findings to verdicts: levels, prerequisites, and what was not verified."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from conformance.requirements.catalogue import Catalogue, Method, Requirement
from conformance.requirements.known import KnownFailure, applied
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import (
    Conclusion,
    Finding,
    Level,
    Outcome,
    inconclusive,
    not_applicable,
    outcome_of,
)
from conformance.trials.outcome import InconclusiveTrial, TrialOutcome
from conformance.trials.trial import Check, Record, Trial, Watch, Worker

PRESENCE = "RDY-001"
"""The requirement that a worker breaks if it was not there when a trial needed it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How often something flaky was tried, and how often it was kept."""

    judged: int
    kept: int

    @property
    def is_flaky(self) -> bool:
        """Whether some tries kept it and some broke it."""
        return 0 < self.kept < self.judged


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one requirement, with its finding and records.

    ``runs`` are the names of the worker's runs that were examined; ``tried`` is the rate of a flaky
    requirement.
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
        """The last lines that the worker wrote in the trials that were examined."""
        return tuple(line for record in self.records[:1] for line in record.log)


class Judge:
    """Reaches verdicts, each once, fetching records as it needs them.

    What must always hold is judged on all records of the ``witnesses``. ``ended`` waits for trials
    and yields them as they end.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        checks: Mapping[str, Check],
        outcome: Callable[[Trial[Any]], TrialOutcome],
        protocol: Callable[[], Protocol],
        known: Mapping[str, KnownFailure],
        witnesses: Sequence[Trial[Any]] = (),
        ended: Callable[[Sequence[Trial[Any]]], Iterable[Trial[Any]]] = iter,
    ) -> None:
        self._catalogue = catalogue
        self._checks = checks
        self._outcome = outcome
        self._protocol = protocol
        self._known = known
        self._witnesses = witnesses
        self._ended = ended
        self._verdicts: dict[str, Verdict] = {}
        self._reruns: dict[str, int] = {}
        self._runs: tuple[Record[Any], ...] | None = None

    def verdict(self, requirement_id: str, reruns: int = 0) -> Verdict:
        """The verdict on a requirement; its trials are played unless they have been.

        ``reruns`` is how often it was judged before: its own trials are played again each time.

        Raises:
            KeyError: there is no such requirement.
            Exception: a trial failed by a fault of the suite.
        """
        if reruns > self._reruns.get(requirement_id, 0):
            self._reruns[requirement_id] = reruns
            self._verdicts.pop(requirement_id, None)
        if requirement_id not in self._verdicts:
            self._verdicts[requirement_id] = self._judge(self._catalogue[requirement_id])
        return self._verdicts[requirement_id]

    def _judge(self, requirement: Requirement) -> Verdict:
        outside = self._outside(requirement)
        if outside is not None:
            return self._verdict(requirement, outside)
        check = self._checks[requirement.id]
        watched = self._watched(requirement, check.watch) if check.watch is not None else None
        if watched is not None and watched.finding.conclusion is Conclusion.BROKEN:
            # What was seen to be broken is broken, whatever else failed.
            return watched
        unmet = self._unmet(requirement)
        if unmet is not None:
            return self._verdict(requirement, unmet)
        if check.judge is None:
            assert watched is not None
            return watched
        verdict = self._rated(requirement, check)
        lacking = verdict.finding.conclusion in (Conclusion.INCONCLUSIVE, Conclusion.NOT_APPLICABLE)
        if lacking and watched is not None and watched.finding.conclusion is Conclusion.KEPT:
            return watched
        return verdict

    def _rated(self, requirement: Requirement, check: Check) -> Verdict:
        """The verdict on what can be judged, from several tries if it is known to be flaky."""
        known = self._known.get(requirement.id)
        first = 1 + self._reruns.get(requirement.id, 0)
        if known is None or not known.tries:
            return self._tried(requirement, check, first)
        tries = [self._tried(requirement, check, first + n) for n in range(known.tries)]
        number, tried = rated([each.finding for each in tries])
        verdict = replace(tries[number], tried=tried)
        return replace(verdict, outcome=Outcome.FLAKY) if tried and tried.is_flaky else verdict

    def _tried(self, requirement: Requirement, check: Check, number: int) -> Verdict:
        """The verdict of one try, the first or a later one."""
        trials = [attempt(trial, number) for trial in check.trials]
        if len(trials) > 1:
            deque(self._ended(trials), maxlen=0)  # side by side, if they were not begun before
        outcomes = [self._outcome(trial) for trial in trials]
        records = tuple(outcome for outcome in outcomes if isinstance(outcome, Record))
        if records:
            assert check.judge is not None
            finding = check.judge(*records)
        else:
            missed = next(o for o in outcomes if isinstance(o, InconclusiveTrial))
            finding = inconclusive(missed.reason, because=PRESENCE if missed.blames else "")
        runs = dict.fromkeys(outcome.run for outcome in outcomes if outcome.run)
        return self._verdict(requirement, finding, records, tuple(runs))

    def _watched(self, requirement: Requirement, watch: Watch) -> Verdict:
        """The verdict on what must always hold, from everything that was seen."""
        records = self._everything()
        if watch.skip_broken:
            records = tuple(record for record in records if not self._is_told(record))
        finding = watch.judge(*records)
        cited = set(map(id, finding.events))
        if cited:
            records = tuple(r for r in records if any(id(event) in cited for event in r.events))
        records = records[:1] if cited else ()
        return self._verdict(requirement, finding, records, tuple(r.run for r in records))

    def _everything(self) -> tuple[Record[Any], ...]:
        """A record of each run of the worker: the longest if several trials shared it."""
        if self._runs is None:
            for trial in self._ended(self._witnesses):
                if trial.worker is Worker.OWN:
                    self._look_ahead(self._outcome(trial))
            runs: dict[str, Record[Any]] = {}
            for trial in self._witnesses:
                outcome = self._outcome(trial)
                record = outcome if isinstance(outcome, Record) else outcome.record
                if record is not None and record.run:
                    runs[record.run] = _joined(runs.get(record.run), record)
            self._runs = tuple(runs.values())
        return self._runs

    def _look_ahead(self, outcome: TrialOutcome) -> None:
        """Evaluate the record of one run while others are still awaited.

        Watches remember what they saw in a record; a fault of one is raised where it is judged.
        """
        record = outcome if isinstance(outcome, Record) else outcome.record
        for check in self._checks.values() if record is not None else ():
            if check.watch is not None:
                with suppress(Exception):
                    check.watch.judge(record)

    def _is_told(self, record: Record[Any]) -> bool:
        """Whether a check of the trial itself found a MUST broken in this run.

        A check that needs trials other than the witnesses is not run: nothing more is played.
        """
        witnesses = {trial.name for trial in self._witnesses}
        return any(
            self._catalogue[check.requirement].level is Level.MUST
            and self.verdict(check.requirement).finding.conclusion is Conclusion.BROKEN
            for check in self._checks.values()
            if any(t.name == record.trial and t.worker is Worker.OWN for t in check.trials)
            and witnesses.issuperset(trial.name for trial in check.trials)
        )

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

    def _unmet(self, requirement: Requirement) -> Finding | None:
        """The prerequisite that is not met, if there is one."""
        for need in requirement.needs:
            prerequisite = self.verdict(need)
            conclusion = prerequisite.finding.conclusion
            if conclusion in (Conclusion.BROKEN, Conclusion.INCONCLUSIVE):
                fallen = need if conclusion is Conclusion.BROKEN else ""
                return inconclusive(
                    f"needs {need}: {_state(prerequisite)}",
                    because=prerequisite.finding.because or fallen,
                )
        return None

    def _outside(self, requirement: Requirement) -> Finding | None:
        """Why the requirement is not judged at all, if it is not."""
        if requirement.method is Method.UNTESTABLE or requirement.id not in self._checks:
            return inconclusive(requirement.reason or "there is no check for it yet")
        protocol = self._protocol()
        if protocol.knows(requirement.since, requirement.until, requirement.engine_since):
            return None
        bounds = [f"since {requirement.since}"] if requirement.since else []
        bounds += [f"until {requirement.until}"] if requirement.until else []
        return not_applicable(f"a rule of protocol versions {' '.join(bounds)}; {protocol.reason}")


def _joined(known: Record[Any] | None, record: Record[Any]) -> Record[Any]:
    """The combined record of two trials that shared a run."""
    if known is None:
        return record
    longest = max(known, record, key=lambda each: len(each.events))
    missed = known.missed or record.missed
    return longest if longest.missed == missed else replace(longest, missed=missed)


def attempt(trial: Trial[Any], number: int) -> Trial[Any]:
    """The same trial, to be played again: a second time, a third time, and so on."""
    return trial if number == 1 else replace(trial, name=f"{trial.name}-{number}")


def rated(findings: Sequence[Finding]) -> tuple[int, Tried | None]:
    """The result of the tries of something flaky: the first that broke it, and the rate."""
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
