"""The outcome of playing a trial: a record, or why the trial is inconclusive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.errors import Inconclusive, Unsuitable, WorkerMissing
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Trial

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class InconclusiveTrial:
    """A trial that is inconclusive, and why; ``run`` as in a record, if there was one.

    ``unsuitable`` is whether the worker did not register what the trial needs. ``record`` is what
    was seen nevertheless, if a worker was started.
    """

    trial: str
    reason: str
    run: str = ""
    unsuitable: bool = False
    record: Record[None] | None = None

    @property
    def blames(self) -> bool:
        """Whether the worker itself made the trial inconclusive."""
        return self.record is not None and bool(self.record.missed)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run of the worker: what crossed the wire, and what it wrote, as lines."""

    name: str
    transcript: tuple[str, ...]
    log: tuple[str, ...]


TrialOutcome = Record[Any] | InconclusiveTrial


def prepared(trial: Trial[Result]) -> Callable[[Harness], Awaitable[Result]]:
    """The trial, preceded by starting the worker, or restarting a lost one."""

    async def play(harness: Harness) -> Result:
        if not harness.talk.workers:
            await harness.worker.start()
            await harness.presence.ready()
        elif not (harness.worker.running and harness.workers):
            await harness.restart()
        return await trial.play(harness)

    return play


async def played(trial: Trial[Any], harness: Harness, run: str) -> TrialOutcome:
    """Play a trial with the worker of a harness, in the run of that name.

    Raises:
        Exception: whatever the trial raised that is not ``Inconclusive``: a fault of the suite.
    """
    try:
        result = await trial.play(harness)
    except Inconclusive as reason:
        missed = str(reason) if isinstance(reason, WorkerMissing) else ""
        record = _record(trial, None, harness, run, missed)
        unsuitable = isinstance(reason, Unsuitable)
        return InconclusiveTrial(trial.name, str(reason), run, unsuitable, record)
    return _record(trial, result, harness, run)


def _record(
    trial: Trial[Any], result: Result, harness: Harness, run: str, missed: str = ""
) -> Record[Result]:
    return Record(
        trial.name,
        result,
        tuple(harness.transcript.events),
        harness.baseline,
        tuple(harness.worker.log),
        harness.worker.exit_code,
        run,
        tuple(harness.worker.life),
        missed,
    )
