"""Signals to a worker that is idle."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

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

    @property
    def unhandled(self) -> bool:
        """Whether the process may have had no handler of its own for the signal yet.

        The signal itself killed it, then, or a shell says that it did. For SIGINT, Python raises an
        exception in the main thread instead: what follows that is anything but an orderly end.
        """
        killed = self.exit_code in (-self.signal, 128 + self.signal)
        orderly = self.took is not None and self.exit_code in (0, None)
        return killed or (self.signal is signal.SIGINT and not orderly)


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


class Stopping(Protocol):
    """What a stop of a worker returns."""

    @property
    def unhandled(self) -> bool:
        """Whether the process may have had no handler of its own for the signal yet."""


Stopped = TypeVar("Stopped", bound=Stopping)


async def stop_ready(harness: Harness, stop: Callable[[], Awaitable[Stopped]]) -> Stopped:
    """Start the worker, and ``stop`` it when it is ready.

    It may install its handlers of signals after it has registered and answered, which is all that
    can be waited for at first. Where it seems to have had none yet, it is stopped once more, after
    it has settled.
    """
    await harness.worker.start()
    await harness.presence.ready()
    stopped = await stop()
    if not stopped.unhandled:
        return stopped
    for connection in harness.websockets():
        connection.cut()
    harness.gateway.holder = None
    await harness.restart()
    await harness.presence.settled()
    return await stop()


@trial(Worker.OWN)
async def terminated(harness: Harness) -> Stop:
    """Send SIGTERM to an idle worker."""
    return await stop_ready(harness, lambda: stop_with(harness, signal.SIGTERM))


@trial(Worker.OWN)
async def interrupted(harness: Harness) -> Stop:
    """Send SIGINT to an idle worker."""
    return await stop_ready(harness, lambda: stop_with(harness, signal.SIGINT))
