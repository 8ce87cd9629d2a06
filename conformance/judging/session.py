"""One judging session: settings, scheduler and judge, and what was decided so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance import checks as _checks
from conformance.judging.judge import Judge, Verdict, attempt
from conformance.judging.subject import subject
from conformance.requirements import catalogue as requirements
from conformance.requirements import sdks
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.known import KnownFailure
from conformance.requirements.protocol import Protocol, spoken
from conformance.settings.settings import Settings
from conformance.trials.baseline import Baseline
from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.outcome import RunRecord, TrialOutcome
from conformance.trials.scheduler import Scheduler
from conformance.trials.trial import CHECKS, Trial, all_trials

__all__ = ["Judgement"]
assert _checks.MODULES  # importing the modules registers their checks


class Judgement:
    """Judges one worker. ``baseline`` is what its first run showed, once it has been started.

    What must always hold is judged on all records of the ``witnesses``: every trial of the chosen
    level, unless others are given.
    """

    def __init__(self, settings: Settings, witnesses: Sequence[Trial[Any]] | None = None) -> None:
        self._witnesses = all_trials() if witnesses is None else witnesses
        self.settings = settings
        self.catalogue: Catalogue = requirements.load()
        self.baseline: Baseline | None = None
        self._scheduler = Scheduler(settings)
        self._known = dict(settings.known)
        self._judge = Judge(
            self.catalogue,
            CHECKS,
            self._scheduler.outcome,
            lambda: self.protocol,
            self._known,
            self._witnesses,
            self._scheduler.ended,
        )

    def start(self) -> None:
        """Start the worker for the first time.

        Raises:
            UsageError: the worker's command cannot be used.
        """
        self.baseline = self._scheduler.start()
        if self.settings.sdk_defects:
            self._known |= {**self.sdk_defects, **self._known}

    def verdict(self, requirement_id: str, reruns: int = 0) -> Verdict:
        """Reach the verdict on one requirement; judge it again if it was judged before.

        Raises:
            Exception: a trial failed by a fault of the suite.
        """
        return self._judge.verdict(requirement_id, reruns)

    def outcome(self, trial: Trial[Any]) -> TrialOutcome:
        """The outcome of a trial, which is played unless it has been.

        Raises:
            Exception: it failed by a fault of the suite.
        """
        return self._scheduler.outcome(trial)

    def begin(self, trials: Iterable[Trial[Any]], requirement_ids: Iterable[str] = ()) -> None:
        """Start to play these trials, and those that the requirements need, in the background."""
        self._scheduler.begin([*self._trials(requirement_ids), *trials])

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of a trial that was begun, for some seconds; whether it is over."""
        return self._scheduler.done(trial, within)

    def waits(self, trial: Trial[Any]) -> tuple[float, float] | None:
        """As ``Scheduler.waits``."""
        return self._scheduler.waits(trial)

    def progress(self) -> tuple[int, int, float]:
        """As ``Scheduler.progress``."""
        return self._scheduler.progress()

    def stop(self) -> None:
        """End the worker and everything else that is running."""
        self._scheduler.stop()

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every run of the worker, after ``stop``."""
        return self._scheduler.runs()

    @property
    def subject(self) -> dict[str, Any]:
        """The worker as its first run showed it, as data; empty before that."""
        if self.baseline is None:
            return {}
        return subject(
            self.baseline,
            self.announced,
            self.protocol,
            self.settings.invoking,
            self.sdk_defects,
            self._scheduler.alone,
        )

    @property
    def sdk_defects(self) -> Mapping[str, KnownFailure]:
        """The known defects of the SDK that the worker announces."""
        sdk = sdks.announced(self.announced)
        return {} if sdk is None else sdks.defects(sdk)

    @property
    def knowledge(self) -> Knowledge:
        """What was learned about the worker's functions so far."""
        return self._scheduler.knowledge

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each finished trial took, in seconds."""
        return self._scheduler.seconds

    @property
    def announced(self) -> list[Mapping[str, Any]]:
        """The data of each announcement of the first run."""
        calls = self._scheduler.announcements
        return [c.json["data"] for c in calls if isinstance(c.json.get("data"), dict)]

    @property
    def protocol(self) -> Protocol:
        """The protocol version that the worker is held to."""
        return spoken(self.announced, self.settings.protocol, self.settings.engine)

    def _trials(self, requirement_ids: Iterable[str]) -> list[Trial[object]]:
        """The trials of these requirements and of all their prerequisites, each once."""
        wanted: dict[str, Trial[object]] = {}
        waiting = list(requirement_ids)
        seen: set[str] = set()
        while waiting:
            requirement_id = waiting.pop(0)
            if requirement_id in seen:
                continue
            seen.add(requirement_id)
            waiting += self.catalogue[requirement_id].needs
            known = self.settings.known.get(requirement_id)
            for number in range(1, 1 + max(1, known.tries if known else 1)):
                if requirement_id in CHECKS:
                    check = CHECKS[requirement_id]
                    trials = [attempt(trial, number) for trial in check.trials]
                    trials += self._witnesses if check.watch is not None else ()
                    wanted |= {trial.name: trial for trial in trials}
        return list(wanted.values())
