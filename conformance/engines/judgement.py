"""One session in which an engine is judged, or recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.engines import entries
from conformance.engines.probe import RECORDING, Recording
from conformance.engines.scheduler import EngineScheduler
from conformance.engines.settings import EngineSettings
from conformance.engines.trials import Observation, ProbeTrial, checks, probe_trial
from conformance.errors import Inconclusive, UsageError
from conformance.judging.entry import Entry
from conformance.judging.judge import Judge, Verdict
from conformance.requirements.catalogue import Catalogue, load_of_engines
from conformance.requirements.protocol import Protocol
from conformance.trials.baseline import Baseline
from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.outcome import InconclusiveTrial, RunRecord
from conformance.trials.trial import Record, Trial


class EngineJudgement:
    """Judges one engine."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.catalogue: Catalogue = load_of_engines()
        recorded_from = settings.source.recorded_from
        self.protocol = Protocol(recorded_from, f"its answers are compared with {recorded_from}")
        self._checks = checks(self.catalogue, settings.source)
        self._scheduler = EngineScheduler(
            settings.subject, settings.source, settings.timeout_factor
        )
        self._judge = Judge(
            self.catalogue,
            self._checks,
            self._scheduler.outcome,
            lambda: self.protocol,
            settings.known,
        )
        self.baseline: Baseline | None = None

    def start(self) -> None:
        """Start an engine for the first time.

        Raises:
            UsageError: the engine cannot be used.
        """
        self.baseline = self._scheduler.start()

    def verdict(self, requirement_id: str, reruns: int = 0) -> Verdict:
        """Reach the verdict on one requirement; judge it again if it was judged before.

        Raises:
            Exception: a fault of the suite.
        """
        return self._judge.verdict(requirement_id, reruns)

    def trial(self, name: str) -> ProbeTrial:
        """The trial that plays a probe."""
        return probe_trial(name, self.settings.source)

    def record_of(self, name: str) -> Record[Observation]:
        """The record of a probe.

        Raises:
            Inconclusive: it could not be played.
        """
        outcome = self._scheduler.outcome(self.trial(name))
        if isinstance(outcome, InconclusiveTrial):
            raise Inconclusive(outcome.reason)
        return outcome

    def probe_entry(self, name: str, trial: Trial[Any], command: str) -> Entry:
        """The verdict on a probe of the user's."""
        probe, outcome = self.settings.source.probe(name), self._scheduler.outcome(trial)
        known = self.settings.known.get(name)
        return entries.judged(probe, outcome, known, self.protocol.version, command)

    def record(self, name: str, trials: Sequence[Trial[Any]], command: str) -> Entry:
        """Record the engine's answers to a probe, which is played twice, and report the outcome.

        Raises:
            UsageError: the recording cannot be written.
        """
        probe = self.settings.source.probe(name)
        outcomes = [self._scheduler.outcome(trial) for trial in trials]
        recording, entry = entries.recorded(
            probe, outcomes, self.settings.subject.described, command
        )
        if recording is not None:
            self._write(name, recording)
        return entry

    def _write(self, name: str, recording: Recording) -> None:
        folder = self.settings.record
        assert folder is not None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}{RECORDING}").write_text(recording.text(), "utf-8")
        except OSError as fault:
            raise UsageError(f"--record {folder}: {fault.strerror}") from None

    def begin(self, trials: Iterable[Trial[Any]], requirement_ids: Iterable[str] = ()) -> None:
        """Start to play these, and the probes of requirements, in the background."""
        found: dict[str, None] = {}
        for identity in requirement_ids:
            found |= dict.fromkeys([*self.catalogue[identity].needs, identity])
        wanted = [trial for each in found for trial in self._checks[each].trials]
        self._scheduler.begin([*wanted, *trials])

    def progress(self) -> tuple[int, int, float]:
        """How many probes are over, how many there are, and the seconds since the first began."""
        return self._scheduler.progress()

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each finished probe took, in seconds."""
        return self._scheduler.seconds

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of a trial that was begun, for some seconds; whether it is over."""
        return self._scheduler.done(trial, within)

    def waits(self, trial: Trial[Any]) -> tuple[float, float] | None:
        """Never known: a probe waits in each of its steps."""
        del trial
        return None

    def stop(self) -> None:
        """End the engine and everything else that is running."""
        self._scheduler.stop()

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every probe that was played, after ``stop``."""
        return self._scheduler.runs()

    @property
    def knowledge(self) -> Knowledge:
        """Empty: an engine has no functions to learn about."""
        return Knowledge()

    @property
    def subject(self) -> dict[str, Any]:
        """The engine as its first start showed it, as data; empty before that."""
        if self.baseline is None:
            return {}
        return {
            "engine": {
                "startup": round(self.baseline.pace.startup, 3),
                "recorded_from": self.protocol.version,
            }
        }
