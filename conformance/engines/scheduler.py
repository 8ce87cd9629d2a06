"""Plays probes in the background, several engines side by side.

Probes of one engine follow one another, for what one does another would see. A probe that
spoils or ends its engine has one for itself. A difference is only one if it comes again on a
fresh engine: a busy machine can be late. An engine that is gone is started anew; one that cannot
be, and one that somebody else started and that is gone, leave what is left unjudged.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from conformance.engines.engine import EngineSubject, Running
from conformance.engines.pattern import Mismatch
from conformance.engines.player import Difference, Patience, Played, play
from conformance.engines.probe import Probe, Recording
from conformance.engines.source import Source
from conformance.errors import Inconclusive
from conformance.trials.baseline import Baseline
from conformance.trials.pace import Pace
from conformance.trials.scheduler import InconclusiveTrial, RunRecord, TrialOutcome
from conformance.trials.trial import Record, Trial
from mock_engine.transcript import Transcript

LONGEST = 60.0
"""Seconds for one probe; the longest waits 13 s on an idle machine."""

AGAIN = 12
"""How many probes that differ are played again. Of an engine that differs in more, the clock is
not the cause."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of a probe: what was played, and how the engine ended if it did."""

    played: Played
    ended: str = ""


@dataclass(slots=True)
class _Pool:
    """Engines that wait for the next probe, by profile; ``parallel`` run at a time."""

    subject: EngineSubject
    idle: list[tuple[str, Running]] = field(default_factory=list)
    running: int = 0

    async def take(self, profile: str, *, fresh: bool) -> Running:
        """An engine with a profile; one that waits is stopped to make room for it."""
        if not fresh:
            for place, (own, engine) in enumerate(self.idle):
                if own == profile and engine.alive():
                    del self.idle[place]
                    return engine
        while self.idle and self.running >= self.subject.parallel:
            await self.drop(self.idle.pop(0)[1])
        engine = await self.subject.start(profile)
        self.running += 1
        return engine

    async def give(self, profile: str, engine: Running) -> None:
        """Keep an engine for the next probe, if it still runs."""
        if engine.alive():
            self.idle.append((profile, engine))
        else:
            await self.drop(engine)

    async def drop(self, engine: Running) -> None:
        """Stop an engine."""
        self.running -= 1
        await engine.stop()

    async def close(self) -> None:
        """Stop every engine that waits."""
        for _, engine in self.idle:
            await self.drop(engine)
        self.idle.clear()


class EngineScheduler:
    """Owns the background thread. Its methods are called from one other thread.

    A trial here is the name of a probe and nothing else; ``source`` has its script.
    """

    def __init__(self, subject: EngineSubject, source: Source, factor: float = 1.0) -> None:
        self._subject, self._source, self._factor = subject, source, factor
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._outcomes: dict[str, Future[TrialOutcome]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._pool = _Pool(subject)
        self._places = asyncio.Semaphore(subject.parallel)
        self._patience = Patience(factor)
        self._again = AGAIN
        self._runs: list[RunRecord] = []
        self._baseline = Baseline(Pace(factor))

    def start(self) -> Baseline:
        """Start an engine for the first time, and return what that showed.

        Raises:
            UsageError: the command, or the address, cannot be used.
        """
        self._thread.start()
        baseline: Baseline = self._call(self._keep(self._begin()))
        return baseline

    def begin(self, trials: Iterable[Trial[Any]]) -> None:
        """Start to play these; those that were begun already are not begun again."""
        fresh = [t for t in dict.fromkeys(trials) if t.name not in self._outcomes]
        self._outcomes |= {trial.name: Future() for trial in fresh}
        self._call(self._spawn(fresh))

    def outcome(self, trial: Trial[Any]) -> TrialOutcome:
        """Wait for the end of a trial, beginning it if need be, and return what came of it.

        Raises:
            Exception: a fault of the suite, or of the files of the probe.
        """
        if trial.name not in self._outcomes:
            self.begin([trial])
        return self._outcomes[trial.name].result()

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every probe that was played."""
        yield from self._runs

    def stop(self) -> None:
        """End every probe, every engine and the thread."""
        if not self._thread.is_alive():
            return
        self._call(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _keep(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do work in a task that ``stop`` knows, for the user may interrupt it."""
        return await self._kept(work)

    def _kept(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _begin(self) -> Baseline:
        engine = await self._subject.start(self._source.first_profile)
        self._pool.running += 1
        self._pool.idle.append((self._source.first_profile, engine))
        self._baseline = Baseline(Pace(self._factor, engine.startup))
        return self._baseline

    async def _spawn(self, trials: Iterable[Trial[Any]]) -> None:
        for trial in trials:
            self._kept(self._settle(trial))

    async def _finish(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pool.close()

    async def _settle(self, trial: Trial[Any]) -> None:
        """Play a probe, and hand its outcome, or the fault, to whoever asks for it."""
        future = self._outcomes[trial.name]
        try:
            async with self._places:
                future.set_result(await self._play(trial.name))
        except asyncio.CancelledError:
            future.cancel()
            raise
        except Exception as fault:  # noqa: BLE001 - raised again in the thread that asks
            future.set_exception(fault)

    async def _play(self, name: str) -> TrialOutcome:
        probe, recording = self._source.probe(name), self._source.recording(name)
        if recording is not None and not recording.stable:
            return InconclusiveTrial(name, "two recordings of it were not alike")
        if probe.destructive and not self._subject.starts:
            return InconclusiveTrial(name, "spoils or ends the engine: takes --engine-cmd")
        try:
            outcome = await self._attempt(name, probe, recording, fresh=probe.destructive)
            if outcome.result.played.difference and self._again > 0:
                self._again -= 1
                outcome = await self._attempt(name, probe, recording, fresh=True)
        except Inconclusive as reason:
            return InconclusiveTrial(name, str(reason))
        return outcome

    async def _attempt(
        self, name: str, probe: Probe, recording: Recording | None, *, fresh: bool
    ) -> Record[Observation]:
        """Play a probe once; one that takes far longer than any should differs, too."""
        engine = await self._pool.take(probe.profile, fresh=fresh)
        transcript = Transcript()
        missing = probe.bases - engine.address.urls.keys()
        try:
            if missing and not self._subject.starts:
                told = " and ".join(sorted(missing))
                raise Inconclusive(f"the engine's port for {told} is not open, or not given")
            async with asyncio.timeout(LONGEST * self._factor):
                played = await play(
                    probe, recording, engine.address, transcript, self._patience, engine.alive
                )
        except TimeoutError:
            limit = f"within {LONGEST * self._factor:g} s"
            mismatch = Mismatch("the probe", f"is through {limit}", "it is not")
            played = Played(Difference(0, "all steps together", mismatch), (), {}, {})
        finally:
            if fresh:
                await self._pool.drop(engine)
            else:
                await self._pool.give(probe.profile, engine)
        ended = "" if probe.signals or fresh else engine.ended()
        log = tuple(engine.log())
        self._runs = [run for run in self._runs if run.name != name]
        self._runs.append(RunRecord(name, tuple(transcript.ndjson()), log))
        events = tuple(transcript.events)
        return Record(name, Observation(played, ended), events, self._baseline, log, None, name)
