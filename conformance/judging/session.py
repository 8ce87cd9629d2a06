"""One judging session: settings, scheduler and judge, and what was decided so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from conformance import checks as _checks
from conformance.judging.judge import Judge, Verdict, attempt
from conformance.judging.subject import subject
from conformance.requirements import catalogue as requirements
from conformance.requirements import protocol as version
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.protocol import spoken
from conformance.settings.settings import Settings
from conformance.trials.baseline import Baseline
from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.scheduler import RunRecord, Scheduler, TrialOutcome
from conformance.trials.trial import CHECKS, Trial

__all__ = ["Judgement", "Session"]
assert _checks.MODULES  # importing the modules registers their checks


class Choices(Protocol):
    """The part of the settings that is the same for every kind of subject."""

    @property
    def strict(self) -> bool:
        """Whether warnings fail the run."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """The ids of the requirements that the user chose; none means all."""

    @property
    def update(self) -> Path | None:
        """The list of known failures that the run brings up to date."""


class Session(Protocol):
    """What judges one subject, a worker or an engine."""

    catalogue: Catalogue

    @property
    def settings(self) -> Choices:
        """What the user asked for."""

    @property
    def protocol(self) -> version.Protocol:
        """The version that the subject is held to."""

    @property
    def subject(self) -> dict[str, Any]:
        """The subject as its first run showed it, as data; nothing before that."""

    @property
    def knowledge(self) -> Knowledge:
        """What was learned of the functions of a worker."""

    def start(self, requirement_ids: Iterable[str], trials: Iterable[Trial[Any]] = ()) -> None:
        """Start the subject, and what these requirements take and ``trials``, in the background.

        Raises:
            UsageError: the subject cannot be used.
        """

    def verdict(self, requirement_id: str) -> Verdict:
        """Reach the verdict on one requirement."""

    def begin(self, trials: Iterable[Trial[Any]]) -> None:
        """Start to play these in the background, unless that was done."""

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of a trial that was begun, for some seconds; whether it is over."""

    def waits(self, trial: Trial[Any]) -> tuple[float, float] | None:
        """How long a trial waits by now and for how long it may, in seconds, where it does."""

    def stop(self) -> None:
        """End the subject and everything else that runs."""

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every run of the subject, after ``stop``."""


class Judgement:
    """Judges one worker. ``baseline`` is what its first run showed, once it was started."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalogue: Catalogue = requirements.load()
        self.baseline: Baseline | None = None
        self._scheduler = Scheduler(settings)
        self._judge = Judge(
            self.catalogue, CHECKS, self._scheduler.outcome, lambda: self.protocol, settings.known
        )

    def start(self, requirement_ids: Iterable[str], trials: Iterable[Trial[Any]] = ()) -> None:
        """Start the worker, and what these requirements take and ``trials``, in the background.

        Raises:
            UsageError: the worker's command cannot be used.
        """
        self.baseline = self._scheduler.start()
        self._scheduler.begin([*self._trials(requirement_ids), *trials])

    def verdict(self, requirement_id: str) -> Verdict:
        """Reach the verdict on one requirement.

        Raises:
            Exception: a trial failed by a fault of the suite.
        """
        return self._judge.verdict(requirement_id)

    def outcome(self, trial: Trial[Any]) -> TrialOutcome:
        """What came of a trial, which is played if it was not.

        Raises:
            Exception: it failed by a fault of the suite.
        """
        return self._scheduler.outcome(trial)

    def begin(self, trials: Iterable[Trial[Any]]) -> None:
        """Start to play these in the background, unless that was done."""
        self._scheduler.begin(trials)

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of a trial that was begun, for some seconds; whether it is over."""
        return self._scheduler.done(trial, within)

    def waits(self, trial: Trial[Any]) -> tuple[float, float] | None:
        """As ``Scheduler.waits``."""
        return self._scheduler.waits(trial)

    def stop(self) -> None:
        """End the worker and everything else that runs."""
        self._scheduler.stop()

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every run of the worker, after ``stop``."""
        return self._scheduler.runs()

    @property
    def subject(self) -> dict[str, Any]:
        """The worker as its first run showed it, as data; nothing before that."""
        if self.baseline is None:
            return {}
        return subject(self.baseline, self.announced, self.protocol, self.settings.invoking)

    @property
    def knowledge(self) -> Knowledge:
        """What was learned of the worker's functions so far."""
        return self._scheduler.knowledge

    @property
    def announced(self) -> list[Mapping[str, Any]]:
        """The data of each announcement of the first run."""
        calls = self._scheduler.announcements
        return [c.json["data"] for c in calls if isinstance(c.json.get("data"), dict)]

    @property
    def protocol(self) -> version.Protocol:
        """The protocol version that the worker is held to."""
        return spoken(self.announced, self.settings.protocol)

    def _trials(self, requirement_ids: Iterable[str]) -> list[Trial[object]]:
        """The trials of these requirements and of all they need, each once."""
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
                    trials = [attempt(trial, number) for trial in CHECKS[requirement_id].trials]
                    wanted |= {trial.name: trial for trial in trials}
        return list(wanted.values())
