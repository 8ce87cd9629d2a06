"""Plays trials in the background, so that their waits overlap.

One thread runs an event loop with every engine and every worker in it. The first run of the worker
gives the baseline. Then the trials that share its worker run side by side. So do those that change
their worker, each with an engine and a process of its own.

If only one process of the worker can run at a time, its trials run one after the other: because the
user said so, because it insists on the default port, because there is a single engine that is not
the suite's, or because a second process did not start while the first one ran.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future, as_completed, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from conformance.errors import Inconclusive
from conformance.settings.settings import Settings
from conformance.trials.background import Background, ended
from conformance.trials.baseline import Baseline
from conformance.trials.company import Attempt, attempted
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.learning.session import is_of_use, learn
from conformance.trials.outcome import InconclusiveTrial, RunRecord, TrialOutcome, played, prepared
from conformance.trials.probe_run import probe_run
from conformance.trials.starts import Starts
from conformance.trials.trial import TRIALS, Trial, Worker
from mock_engine.transcript import Message

SHARED = "shared"
"""The name of the first run, whose worker several trials share."""

HELD = "held"
"""The name of the run whose calls are held."""
TOGETHER = (Worker.SHARED, Worker.CALLING, Worker.SHARED_LAST, Worker.LOOKS_BACK)
"""The kinds of trials that share a worker."""

Result = TypeVar("Result")


class Scheduler:
    """Owns the background thread. Its methods are called from one other thread.

    ``seconds`` is how long each finished trial took.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._background = Background()
        self.seconds: dict[str, float] = {}
        self._outcomes: dict[str, Future[TrialOutcome]] = {}
        self._shared: Harness | None = None
        self._harnesses: dict[str, Harness] = {}
        self._playing: dict[str, Harness] = {}
        self._began = 0.0
        self._lanes = 0
        self._learning = asyncio.Lock()
        self._learned = False
        self._port = 0
        self._closed = False
        self._starts = Starts()
        self._single = asyncio.Lock()
        self.alone = ""

    def start(self) -> Baseline:
        """Run the worker for the first time and return what that showed.

        Raises:
            UsageError: the worker's command cannot be used.
        """
        self._background.start()
        self._began = self._background.now()
        return self._background.call(self._begin())

    @property
    def announcements(self) -> list[Message]:
        """The announcements so far of the worker of the first run."""
        return [] if self._shared is None else self._shared.talk.announcements()

    @property
    def knowledge(self) -> Knowledge:
        """What was learned about the worker so far."""
        return Knowledge() if self._shared is None else self._shared.baseline.knowledge

    @property
    def _holds(self) -> bool:
        """Whether calls of the worker are held, because it has no function that calls or waits."""
        invoker = self._shared.invoker if self._shared is not None else None
        return invoker is not None and any(invoker.relay(name) for name in ("call", "sleep"))

    def begin(self, trials: Iterable[Trial[Any]]) -> None:
        """Start to play ``trials``, except those that were begun already.

        A trial that looks back on the shared worker must see the same whatever was chosen, so then
        everything that is done to that worker is done.
        """
        wanted = dict.fromkeys(trials)
        if any(trial.worker is Worker.LOOKS_BACK for trial in wanted):
            wanted |= dict.fromkeys(t for t in TRIALS.values() if t.worker in TOGETHER)
        fresh = [trial for trial in wanted if trial.name not in self._outcomes]
        self._outcomes |= {trial.name: Future() for trial in fresh}
        playable = [trial for trial in fresh if self._settings.full or not trial.long]
        for trial in set(fresh) - set(playable):
            self._outcomes[trial.name].set_result(
                InconclusiveTrial(trial.name, "takes --level full")
            )
        self._background.call(self._spawn(playable))

    def outcome(self, trial: Trial[Any]) -> TrialOutcome:
        """Wait for the end of ``trial``, beginning it if need be, and return its outcome.

        Raises:
            Exception: whatever the trial raised that is not ``Inconclusive``: a fault of the suite.
        """
        if trial.name not in self._outcomes:
            self.begin([trial])
        return self._outcomes[trial.name].result()

    def ended(self, trials: Sequence[Trial[Any]]) -> Iterator[Trial[Any]]:
        """Wait for trials, beginning those that were not begun, and give each when it has ended."""
        self.begin(trials)
        waiting = {self._outcomes[trial.name]: trial for trial in trials}
        for future in as_completed(waiting):
            yield waiting[future]

    def runs(self) -> Iterator[RunRecord]:
        """What is kept of every finished run of the worker; of all runs, after ``stop``."""
        for name, harness in self._harnesses.items():
            yield RunRecord(
                name, tuple(harness.transcript.ndjson()), tuple(harness.worker.output())
            )

    def done(self, trial: Trial[Any], within: float) -> bool:
        """Wait for the end of ``trial``, for ``within`` seconds; return whether it is over."""
        return bool(wait([self._outcomes[trial.name]], within).done)

    def waits(self, trial: Trial[Any]) -> tuple[float, float] | None:
        """How long ``trial`` has waited and how long it may, in seconds, if it is waiting now."""
        harness = self._playing.get(trial.name)
        wait = harness.notifier.wait if harness is not None else None
        return None if wait is None else (self._background.now() - wait[0], wait[1])

    def progress(self) -> tuple[int, int, float]:
        """How many of the trials that were begun are over, how many there are, and the seconds."""
        over = sum(future.done() for future in self._outcomes.values())
        return over, len(self._outcomes), self._background.now() - self._began

    def stop(self) -> None:
        """End every trial, every worker and the thread."""
        self._background.stop(self._finish)

    async def _begin(self) -> Baseline:
        # A task that `stop` knows, for the user may interrupt the first run.
        self._shared = await self._background.kept(probe_run(self._settings))
        self._starts.allow(self._shared.baseline.parallel_starts)
        self._harnesses[SHARED] = self._shared
        return self._shared.baseline

    async def _spawn(self, trials: list[Trial[Any]]) -> None:
        self._background.kept(self._play_all(trials)).add_done_callback(partial(self._fail, trials))

    def _fail(self, trials: Iterable[Trial[Any]], playing: asyncio.Task[None]) -> None:
        """Give a fault of the suite to whoever asks for a trial that it prevented."""
        fault = None if playing.cancelled() else playing.exception()
        for trial in trials if fault is not None else ():
            if not self._outcomes[trial.name].done():
                self._outcomes[trial.name].set_exception(fault)

    async def _finish(self) -> None:
        for outcome in self._outcomes.values():
            outcome.cancel()
        await self._close_shared()

    async def _close_shared(self) -> None:
        if self._shared is not None:
            self._closed = True
            await self._shared.close()

    async def _play_all(self, trials: list[Trial[Any]]) -> None:
        assert self._shared is not None
        shared = self._shared
        if any(trial.informed for trial in trials):
            await self._learn(shared)
        if shared.baseline.port == self._settings.default_port:
            self._port = shared.baseline.port
            if not self._settings.subject.private_ports:
                self.alone = f"it insists on port {self._port}"
        if self._settings.serial:
            self.alone = "--serial asks for it"
        upstream = self._settings.upstream
        if upstream is not None and upstream.parallel == 1:
            self.alone = "there is one engine, in which two of them would be in each other's way"
        if self.alone or not await self._play_beside(trials):
            await self._play_one_by_one(trials)

    async def _play_one_by_one(self, trials: list[Trial[Any]]) -> None:
        """Play trials so that only one process of the worker runs at a time."""
        self._starts.trust()
        async with self._single:
            if self._closed and any(self._open(trials, *TOGETHER)):
                assert self._shared is not None
                baseline = self._shared.baseline
                self._shared, self._closed = await probe_run(self._settings), False
                self._shared.baseline = baseline
            await self._play_shared(trials)
            await self._close_shared()
            await self._play_held(trials)
            await self._play_own(trials, places=1)

    async def _play_beside(self, trials: list[Trial[Any]]) -> bool:
        """Play trials alongside the shared worker and each other; return whether that was possible.

        What was played while the starts of workers were in doubt does not count if the workers
        cannot run side by side.
        """
        sharing = asyncio.ensure_future(self._play_shared(trials))
        playing = asyncio.ensure_future(self._play_held_and_own(trials))
        doubting = asyncio.ensure_future(self._starts.doubted())
        try:
            await asyncio.wait([playing, doubting], return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                second = await self._attempted()
                if not second.spoke:
                    await ended(playing)
                    await sharing
                    await self._close_shared()
                    if (await self._attempted()).spoke:
                        self.alone = f"a second process {second.seen} while the first one ran"
                    return False
                self._starts.trust()
            await asyncio.gather(playing, sharing)
        finally:
            await ended(playing, sharing, doubting)
        return True

    async def _attempted(self) -> Attempt:
        """Whether one more worker starts now, and what was seen."""
        assert self._shared is not None
        place = await self._settings.subject.place()
        harness = Harness(self._settings, self._shared.baseline, place, port=self._port)
        return await attempted(harness)

    async def _play_held_and_own(self, trials: list[Trial[Any]]) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._play_held(trials))
            tasks.create_task(self._play_own(trials, self._settings.concurrency))

    async def _learn(self, shared: Harness) -> None:
        """Learn about the worker's functions, once, if that could show anything new."""
        async with self._learning:
            if not self._learned and is_of_use(shared):
                knowledge = await learn(shared)
                shared.baseline = replace(shared.baseline, knowledge=knowledge)
                if knowledge.ended_by is not None:
                    await _revive(shared)
            self._learned = True

    async def _play_shared(self, trials: list[Trial[Any]]) -> None:
        assert self._shared is not None
        kinds = [Worker.SHARED] if self._holds else [Worker.SHARED, Worker.CALLING]
        for some in (kinds, [Worker.SHARED_LAST], [Worker.LOOKS_BACK]):
            chosen = self._open(trials, *some)
            await _all(self._settle(trial, self._on_shared(trial)) for trial in chosen)

    async def _play_held(self, trials: list[Trial[Any]]) -> None:
        """Play those that hold calls one after the other, because one would hold another's."""
        chosen = self._open(trials, Worker.CALLING) if self._holds else []
        if not chosen:
            return
        self._lanes += 1
        run = HELD if self._lanes == 1 else f"{HELD}-{self._lanes}"
        lane: list[Harness] = []
        try:
            for trial in chosen:
                await self._settle(trial, self._undoubted(self._on_held(trial, lane, run)))
        finally:
            for harness in lane:
                await harness.close()
                self._harnesses[run] = harness

    async def _on_held(self, trial: Trial[Any], lane: list[Harness], run: str) -> TrialOutcome:
        """Play a trial on the worker of its lane, which the first such trial starts."""
        assert self._shared is not None
        obstacle = self._obstacle(trial)
        if obstacle is not None:
            return obstacle
        if not lane:
            place = await self._settings.subject.place()
            lane.append(
                Harness(
                    self._settings,
                    self._shared.baseline,
                    place,
                    port=self._port,
                    starts=self._starts,
                    first=self._shared.talk,
                )
            )
        try:
            return await played(replace(trial, play=prepared(trial)), lane[0], run)
        finally:
            lane[0].gateway.release()

    async def _play_own(self, trials: list[Trial[Any]], places: int) -> None:
        free = asyncio.Semaphore(places)

        async def play(trial: Trial[Any]) -> None:
            async with free:
                await self._settle(trial, self._undoubted(self._on_own(trial)))

        own = self._open(trials, Worker.OWN)
        await _all(play(trial) for trial in sorted(own, key=lambda trial: -trial.seconds))

    def _open(self, trials: Iterable[Trial[Any]], *kinds: Worker) -> list[Trial[Any]]:
        """The trials of these kinds that have no outcome yet."""
        return [t for t in trials if t.worker in kinds and not self._outcomes[t.name].done()]

    async def _settle(self, trial: Trial[Any], playing: Awaitable[TrialOutcome]) -> None:
        """Wait for a trial and give its outcome, or its fault, to whoever asks for it."""
        future = self._outcomes[trial.name]
        began = self._background.now()
        try:
            outcome = await playing
            self.seconds[trial.name] = round(self._background.now() - began, 3)
            future.set_result(outcome)
        except Exception as fault:  # noqa: BLE001 - raised again in the thread that asks
            future.set_exception(fault)

    async def _undoubted(self, playing: Awaitable[TrialOutcome]) -> TrialOutcome:
        """Wait for a trial that starts workers, and until their starts are not in doubt."""
        outcome = await playing
        await self._starts.settled()
        return outcome

    async def _on_shared(self, trial: Trial[Any]) -> TrialOutcome:
        assert self._shared is not None
        return await played(trial, self._shared, SHARED)

    async def _on_own(self, trial: Trial[Any]) -> TrialOutcome:
        assert self._shared is not None
        obstacle = self._obstacle(trial)
        if obstacle is not None:
            return obstacle
        place = await self._settings.subject.place()
        harness = Harness(
            self._settings,
            self._shared.baseline,
            place,
            port=self._port,
            starts=self._starts,
            first=self._shared.talk,
        )
        self._playing[trial.name] = harness
        try:
            return await played(trial, harness, trial.name)
        finally:
            del self._playing[trial.name]
            await harness.close()
            self._harnesses[trial.name] = harness

    def _obstacle(self, trial: Trial[Any]) -> InconclusiveTrial | None:
        """Why the worker cannot be started for a trial, if it cannot."""
        assert self._shared is not None
        reason = None
        if (diagnosis := self._shared.baseline.diagnosis) is not None:
            reason = f"{diagnosis.seen}: see CON-001"
        elif not self._shared.talk.workers:
            reason = "no worker was found in the first run: see CON-001"
        elif not self._settings.subject.starts:
            reason = "this takes a worker that the suite starts, for itself alone"
        return None if reason is None else InconclusiveTrial(trial.name, reason)


async def _revive(shared: Harness) -> None:
    """Restart a worker that ended while its functions were tried.

    Its end is a finding of its own; everything else is judged all the same.
    """
    with suppress(Inconclusive):
        await shared.restart()


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for each in work:
            tasks.create_task(each)
