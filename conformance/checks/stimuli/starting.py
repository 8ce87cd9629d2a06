"""The start of a worker: with an engine, without one, and with one that does not greet."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.requirements.verdict import inconclusive
from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial
from mock_engine.faults import Refuse, rule


@dataclass(frozen=True, slots=True)
class Address:
    """The address that the worker was given, and what became of its process."""

    host: str
    port: int
    exit_code: int | None
    patience: float


@trial(Worker.SHARED)
async def appearing(harness: Harness) -> Address:
    """The first run so far: nothing is done to the worker."""
    return Address(
        harness.place.host,
        harness.listener.port,
        harness.worker.process.exit_code,
        harness.pace.appearance,
    )


CUT_SHORT = inconclusive("how far it got before its process ended is chance: see CON-001")
"""What a start shows besides, if the worker was found not to keep running."""


@dataclass(frozen=True, slots=True)
class Ungreeted:
    """What an ungreeted worker lacked, if anything, and which greetings it survived later.

    ``heard`` says for each of ``GREETINGS`` whether the worker was responsive afterwards.
    """

    lacked: str | None
    heard: tuple[bool, ...]


GREETINGS: tuple[tuple[str, dict[str, object]], ...] = (
    ("a greeting without a token", {}),
    ("a greeting with null for its token", {"reattach_token": None, "features": None}),
    (
        "a greeting with features and unknown fields",
        {"reattach_token": "0b7e1a52-0000-4000-8000-00000000000b", "features": ["x.v1"], "x": {}},
    ),
)


@trial(Worker.OWN)
async def engine_does_not_greet(harness: Harness) -> Ungreeted:
    """Withhold ``workerregistered``, and then send it in each form that engines have sent."""
    harness.engine.greet = False
    await harness.worker.start()
    complete = await harness.presence.present(harness.pace.appearance)
    heard: list[bool] = []
    worker_id = "0b7e1a52-0000-4000-8000-00000000000c"
    for _, fields in GREETINGS if complete and harness.baseline.pulse else ():
        if not harness.workers:
            break
        number = harness.workers[0]
        harness.send(number, {"type": "workerregistered", "worker_id": worker_id, **fields})
        heard.append(await harness.invoker.pulse() and number in harness.workers)
        if not heard[-1]:
            break
    return Ungreeted(None if complete else harness.presence.missing(), tuple(heard))


@dataclass(frozen=True, slots=True)
class Absence:
    """An engine that was not there for some seconds, and the outcome."""

    seconds: float
    appeared: bool
    exit_code: int | None
    missing: str | None = None

    @property
    def fate(self) -> str:
        """What became of the process, in words."""
        return "is still running" if self.exit_code is None else "ended"


@trial(Worker.OWN, seconds=1.5)
async def engine_comes_late(harness: Harness) -> Absence:
    """Start the worker while nothing listens, and listen once it must have tried."""
    harness.listener.play((rule(Refuse()),))
    seconds = 1.5 * harness.pace.startup + 0.5
    await harness.worker.start()
    await harness.until(lambda: not harness.worker.running, seconds)
    harness.listener.play(())
    spoke = await harness.until(
        lambda: bool(harness.workers) or not harness.worker.running,
        harness.pace.reconnect + seconds,
    )
    appeared = bool(spoke and harness.workers)
    missing = None
    if appeared:
        missing = (
            None
            if await harness.presence.present(harness.pace.reply)
            else harness.presence.missing()
        )
        await harness.presence.settled()
    return Absence(seconds, appeared, harness.worker.process.exit_code, missing)
