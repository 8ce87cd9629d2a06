"""The common interface of judgements, whether of a worker or of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from conformance.judging.judge import Verdict
from conformance.requirements import protocol as version
from conformance.requirements.catalogue import Catalogue
from conformance.trials.baseline import Baseline
from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.outcome import RunRecord
from conformance.trials.trial import Trial


class Choices(Protocol):
    """The settings that exist for every kind of subject."""

    @property
    def strict(self) -> bool:
        """Whether warnings fail the run."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """The ids of the requirements that the user chose; none means all."""

    @property
    def update(self) -> Path | None:
        """The list of known failures that the run brings up to date, if any."""


class Session(Protocol):
    """Judges one subject, a worker or an engine."""

    catalogue: Catalogue

    @property
    def settings(self) -> Choices:
        """What the user asked for."""

    @property
    def protocol(self) -> version.Protocol:
        """The version that the subject is held to."""

    @property
    def subject(self) -> dict[str, Any]:
        """The subject as its first run showed it, as data; empty before that."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each finished trial took."""

    @property
    def knowledge(self) -> Knowledge:
        """What was learned about the functions of a worker."""

    baseline: Baseline | None

    def start(self) -> None:
        """Start the subject for the first time.

        Raises:
            UsageError: the subject cannot be used.
        """

    def verdict(self, requirement_id: str, reruns: int = 0) -> Verdict:
        """Reach the verdict on one requirement; judge it again if it was judged before."""

    def begin(self, trials: Iterable[Trial[Any]], requirement_ids: Iterable[str] = ()) -> None:
        """Start to play these trials, and those that the requirements need, in the background."""

    def progress(self) -> tuple[int, int, float]:
        """How many trials are over, how many there are, and the seconds since the first began."""

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of a trial that was begun, for some seconds; whether it is over."""

    def waits(self, trial: Trial[Any]) -> tuple[float, float] | None:
        """How long a trial has waited and for how long it may, in seconds, if it is waiting."""

    def stop(self) -> None:
        """End the subject and everything else that is running."""

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every run of the subject, after ``stop``."""
