"""Plays probes in the background, several engines side by side.

Probes on one engine run one after the other, because each would see what another does. A probe that
spoils or ends its engine has one to itself. A difference counts only if it shows again on a fresh
engine: a busy machine can be late. An engine that is gone is restarted; if that is impossible, or
somebody else started it, the remaining probes are not judged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any

from conformance.engines.engine import EngineSubject, Running
from conformance.engines.pattern import Mismatch
from conformance.engines.player import Difference, EngineHarness, Patience, Played
from conformance.engines.pool import Pool
from conformance.engines.probe import Probe
from conformance.engines.source import Source
from conformance.engines.trials import Observation, ProbeTrial
from conformance.errors import Inconclusive, UsageError
from conformance.trials.background import Background
from conformance.trials.baseline import Baseline
from conformance.trials.outcome import InconclusiveTrial, RunRecord, TrialOutcome
from conformance.trials.pace import Pace
from conformance.trials.trial import Record, Trial
from mock_engine.transcript import Transcript

LONGEST = 60.0
"""Seconds for one probe; the longest waits 13 s on an idle machine."""

AGAIN = 12
"""How many probes that differ are played again. If more differ, timing is not the cause."""


class EngineScheduler:
    """Owns the background thread. Its methods are called from one other thread."""

    def __init__(self, subject: EngineSubject, source: Source, factor: float = 1.0) -> None:
        self._subject, self._source, self._factor = subject, source, factor
        self._background = Background()
        self._outcomes: dict[str, Future[TrialOutcome]] = {}
        self._pool = Pool(subject)
        self._places = asyncio.Semaphore(subject.parallel)
        self._patience = Patience(factor)
        self._again = AGAIN
        self._began: float | None = None
        self.seconds: dict[str, float] = {}
        self._transcripts: dict[str, tuple[Transcript, tuple[str, ...]]] = {}
        self._baseline = Baseline(Pace(factor))

    def start(self) -> Baseline:
        """Start an engine for the first time, and return what that showed.

        Raises:
            UsageError: the command, or the address, cannot be used.
        """
        self._background.start()
        return self._background.call(self._keep(self._begin()))

    def begin(self, trials: Iterable[Trial[Any]]) -> None:
        """Start to play these, except those that were begun already."""
        self._began = time.monotonic() if self._began is None else self._began
        fresh = [t for t in dict.fromkeys(trials) if t.name not in self._outcomes]
        self._outcomes |= {trial.name: Future() for trial in fresh}
        self._background.call(self._spawn(fresh))

    def outcome(self, trial: Trial[Any]) -> TrialOutcome:
        """Wait for the end of a trial, beginning it if need be, and return its outcome.

        Raises:
            Exception: a fault of the suite, or of the files of the probe.
        """
        if trial.name not in self._outcomes:
            self.begin([trial])
        return self._outcomes[trial.name].result()

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of a trial that was begun, for some seconds; whether it is over."""
        return bool(wait([self._outcomes[trial.name]], within).done)

    def progress(self) -> tuple[int, int, float]:
        """How many probes are over, how many there are, and the seconds since the first began."""
        over = sum(future.done() for future in tuple(self._outcomes.values()))
        began = time.monotonic() if self._began is None else self._began
        return over, len(self._outcomes), time.monotonic() - began

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every probe that was played."""
        for name, (transcript, log) in self._transcripts.items():
            yield RunRecord(name, tuple(transcript.ndjson()), log)

    def stop(self) -> None:
        """End every probe, every engine and the thread."""
        self._background.stop(self._pool.close)

    async def _keep(self, work: Coroutine[Any, Any, Baseline]) -> Baseline:
        """Run work in a task that ``stop`` knows, because the user may interrupt it."""
        return await self._background.kept(work)

    async def _begin(self) -> Baseline:
        engine = await self._subject.start(self._source.first_profile)
        self._pool.running += 1
        self._pool.idle.append((self._source.first_profile, engine))
        self._baseline = Baseline(Pace(self._factor, engine.startup))
        return self._baseline

    async def _spawn(self, trials: Iterable[Trial[Any]]) -> None:
        for trial in trials:
            self._background.kept(self._settle(trial))

    async def _settle(self, trial: Trial[Any]) -> None:
        """Play a probe, and give its outcome, or the fault, to whoever asks for it."""
        future = self._outcomes[trial.name]
        try:
            async with self._places:
                began = time.monotonic()
                outcome = await self._play(trial)
                self.seconds[trial.name] = time.monotonic() - began
                future.set_result(outcome)
        except asyncio.CancelledError:
            future.cancel()
            raise
        except Exception as fault:  # noqa: BLE001 - raised again in the thread that asks
            future.set_exception(fault)

    async def _play(self, trial: Trial[Any]) -> TrialOutcome:
        assert isinstance(trial, ProbeTrial)
        probe = self._source.probe(trial.probe)
        try:
            self._source.permit(trial.probe, starts=self._subject.starts)
            outcome = await self._attempt(trial, probe, fresh=probe.destructive)
        except Inconclusive as reason:
            return InconclusiveTrial(trial.name, str(reason))
        if outcome.result.played.difference is None or self._again <= 0:
            return outcome
        self._again -= 1
        try:
            return await self._attempt(trial, probe, fresh=True)
        except Inconclusive:  # it is gone since: that hides nothing of what it did before
            return outcome

    async def _attempt(
        self, trial: ProbeTrial, probe: Probe, *, fresh: bool
    ) -> Record[Observation]:
        """Play a probe once.

        A probe that takes far too long counts as different, and so does one for whose configuration
        the engine cannot be started.

        Raises:
            Inconclusive: there is no engine that this could be played to.
        """
        transcript = Transcript()
        fresh = fresh or not self._subject.starts
        try:
            engine = await self._pool.take(probe.profile, fresh=fresh)
        except UsageError as fault:
            told = f"it listens with the configuration of the profile `{probe.profile}`"
            return self._record(trial, transcript, _differing("the engine", told, str(fault)))
        ended = ""
        try:
            played = await self._bounded(trial, probe, engine, transcript)
        finally:
            ended, log = engine.ended(), engine.log()
            if fresh:
                await self._pool.drop(engine)
            else:
                await self._pool.give(probe.profile, engine)
        return self._record(trial, transcript, played, "" if probe.signals else ended, log)

    async def _bounded(
        self, trial: ProbeTrial, probe: Probe, engine: Running, transcript: Transcript
    ) -> Played:
        """Play a probe to an engine, with a limit on the time."""
        missing = probe.bases - engine.address.urls.keys()
        if missing and not self._subject.starts:
            told = " and ".join(sorted(missing))
            raise Inconclusive(f"the engine's port for {told} is not open, or not given")
        harness = EngineHarness(engine.address, transcript, self._patience, engine.alive)
        limit = LONGEST * self._factor
        try:
            async with asyncio.timeout(limit):
                return await trial.play(harness)
        except TimeoutError:
            return _differing("the probe", f"it is through within {limit:g} s", "it is not")

    def _record(
        self,
        trial: ProbeTrial,
        transcript: Transcript,
        played: Played,
        ended: str = "",
        log: Sequence[str] = (),
    ) -> Record[Observation]:
        """The observation; of two plays of one probe the later one is kept."""
        self._transcripts[trial.name] = (transcript, tuple(log))
        return Record(
            trial.name,
            Observation(played, ended),
            tuple(transcript.events),
            self._baseline,
            tuple(log),
            None,
            trial.name,
        )


def _differing(what: str, recorded: str, seen: str) -> Played:
    """The outcome of a probe that could not be compared step by step."""
    return Played(Difference(0, "all steps together", Mismatch(what, recorded, seen)), (), {}, {})
