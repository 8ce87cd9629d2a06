"""Signals to a worker that is idle."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial


@dataclass(frozen=True, slots=True)
class Stop:
    """What followed a signal, sent at ``at`` seconds.

    ``when`` says what the worker was busy with, and is empty for an idle one. ``took`` is how long
    the process ran on, or ``None`` when it had to be killed after ``patience`` seconds;
    ``remaining`` are the processes that still ran then.
    """

    signal: signal.Signals
    at: float
    took: float | None
    patience: float
    exit_code: int | None
    remaining: tuple[str, ...]
    workers: tuple[int, ...]
    when: str = ""

    @property
    def words(self) -> str:
        """The signal and what the worker was busy with, as a report names them."""
        return f"{self.signal.name} {self.when}".rstrip()


async def stop_with(
    harness: Harness, number: signal.Signals, when: str = "", patience: float | None = None
) -> Stop:
    """Send a signal, and wait for the end of the worker for ``patience`` seconds.

    On a busy machine it has up to twice that time.
    """
    workers = tuple(harness.workers)
    at = harness.transcript.now()
    harness.worker.signal(number)
    patience = patience or harness.pace.exit
    await harness.until(lambda: not harness.worker.running, patience, most=2 * patience)
    ended = not harness.worker.running
    took = harness.transcript.now() - at if ended else None
    remaining = await harness.worker.remaining()
    code = harness.worker.process.exit_code
    return Stop(number, at, took, patience, code, remaining, workers, when)


@trial(Worker.OWN)
async def terminated(harness: Harness) -> Stop:
    """Send SIGTERM to an idle worker."""
    await harness.worker.start()
    await harness.presence.ready()
    return await stop_with(harness, signal.SIGTERM)


@trial(Worker.OWN)
async def interrupted(harness: Harness) -> Stop:
    """Send SIGINT to an idle worker."""
    await harness.worker.start()
    await harness.presence.ready()
    return await stop_with(harness, signal.SIGINT)
