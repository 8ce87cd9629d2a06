"""SIGTERM to a worker that is busy with something."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from conformance.checks.stimuli.calling import Errand, calls_of, unanswered
from conformance.checks.stimuli.shutting import Stop, stop_ready, stop_with
from conformance.errors import Inconclusive
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.pace import EXIT
from conformance.trials.trial import Record, Worker, trial
from mock_engine.faults import Accept, HalfOpen, Refuse, Stall, rule
from mock_engine.transcript import Accepted

AWAY = 0.3
"""Seconds for which the engine is away before the signal is sent."""

LONG_AWAY = 32.0
"""After delays of 1, 2, 4, 8 and 16 seconds a worker waits for longer than it may take to end, on a
busy machine, too."""

BUSY = (700, 3000)
"""Milliseconds of an invocation that is to be running when the signal comes: a longer one follows
where half the time of the first was over by then."""

SOON_UNANSWERED, UNANSWERED = 0.6, 2.5
"""How much longer than others a worker may take whose close frame is not answered: at the default
level, at which a slow end is not judged, and at the full one. WebSocket libraries wait ten seconds,
some of them as long again for the end of the TCP stream (websockets), and the worker's own end
comes after that. Kubernetes kills after 30 s."""


@dataclass(frozen=True, slots=True)
class BusyStop:
    """A stop while an invocation of ``milliseconds`` was running."""

    stop: Stop
    invocation: Invocation
    milliseconds: int

    @property
    def unhandled(self) -> bool:
        """As for ``Stop``."""
        return self.stop.unhandled


@dataclass(frozen=True, slots=True)
class ErrandStop:
    """A stop while the worker waited for the answer to a call."""

    stop: Stop
    errand: Errand

    @property
    def unhandled(self) -> bool:
        """As for ``Stop``."""
        return self.stop.unhandled


@trial(Worker.OWN)
async def terminated_while_busy(harness: Harness) -> BusyStop:
    """Send SIGTERM while a slow invocation runs."""
    harness.invoker.can_sleep()
    return await stop_ready(harness, lambda: _stop_busy(harness))


async def _stop_busy(harness: Harness) -> BusyStop:
    for milliseconds in BUSY:
        invocation = harness.invoker.sleep(milliseconds)
        if harness.gateway.holder is not None:
            await harness.until(lambda: harness.gateway.is_holding, harness.pace.stray)
        await harness.invoker.pulse()  # answered after the slow one was read, so that one runs now
        if harness.transcript.now() - invocation.at < milliseconds / 2000:
            break
    stop = await stop_with(harness, signal.SIGTERM, "while an invocation was running")
    return BusyStop(stop, invocation, milliseconds)


@trial(Worker.OWN, seconds=2.0)
async def terminated_while_calling(harness: Harness) -> ErrandStop:
    """Send SIGTERM while the worker waits for an answer that never comes."""
    call_for_ever = unanswered(harness)

    async def stop_calling() -> ErrandStop:
        errand = call_for_ever({"timeout_ms": 600_000})

        def called() -> bool:
            calls = calls_of(harness.talk, errand.function_id)
            return any(call.at >= errand.invocation.at for call in calls)

        await harness.until(called, harness.pace.reply)
        stop = await stop_with(harness, signal.SIGTERM, "while it waited for the answer to a call")
        return ErrandStop(stop, errand)

    return await stop_ready(harness, stop_calling)


@trial(Worker.OWN)
async def terminated_without_an_engine(harness: Harness) -> Stop:
    """Take the engine away, and send SIGTERM while the worker looks for it."""
    return await _without_an_engine(harness, AWAY)


@trial(Worker.OWN, seconds=LONG_AWAY, long=True)
async def terminated_long_without_an_engine(harness: Harness) -> Stop:
    """The same, when the worker looks for it seldom."""
    return await _without_an_engine(harness, LONG_AWAY)


async def _without_an_engine(harness: Harness, seconds: float) -> Stop:
    await harness.worker.start()
    await harness.presence.ready()
    if harness.invoker.plays("echo"):
        # What was just done leaves telemetry that is still to be sent, as it does in service.
        await harness.invoker.reply(harness.invoker.invoke(harness.invoker.role("echo"), {}))
    harness.listener.play((rule(Refuse()),))
    for connection in harness.websockets():
        connection.cut()
    await harness.until(lambda: not harness.worker.running, seconds, patient=False)
    if not harness.worker.running:
        raise Inconclusive("it ended when the engine went away: see REC-017")
    return await stop_with(harness, signal.SIGTERM, "while the engine was away")


@trial(Worker.OWN)
async def terminated_before_an_engine(harness: Harness) -> Stop:
    """Send SIGTERM to a worker that has not found an engine yet."""
    harness.listener.play((rule(Refuse()),))
    await harness.worker.start()
    # By then it has begun as it did in the first run: on a busy machine that takes longer.
    await harness.until(lambda: not harness.worker.running, 1.5 * harness.pace.startup + 0.5)
    if not harness.worker.running:
        raise Inconclusive("it ended without an engine: see CON-004")
    return await stop_with(harness, signal.SIGTERM, "before it found an engine")


@trial(Worker.OWN)
async def terminated_in_a_handshake(harness: Harness) -> Stop:
    """Accept the worker's connections, answer none of them, and send SIGTERM."""
    harness.listener.play((rule(Stall(), Accept()),))
    await harness.worker.start()
    dialled = await harness.until(
        lambda: next(harness.transcript.of(Accepted), None) or not harness.worker.running,
        harness.pace.appearance,
    )
    if not dialled or not harness.worker.running:
        raise Inconclusive("it opened no connection: see CON-001")
    await harness.until(lambda: not harness.worker.running, AWAY, patient=False)
    return await stop_with(harness, signal.SIGTERM, "while nobody answered its handshake")


@trial(Worker.OWN, seconds=SOON_UNANSWERED * EXIT)
async def terminated_and_unanswered(harness: Harness) -> Stop:
    """Stop reading and writing on the worker's connections, and send SIGTERM."""
    return await _unanswered(harness, SOON_UNANSWERED)


@trial(Worker.OWN, seconds=UNANSWERED * EXIT, long=True)
async def terminated_and_never_answered(harness: Harness) -> Stop:
    """The same, and wait longer for the end."""
    return await _unanswered(harness, UNANSWERED)


async def _unanswered(harness: Harness, times: float) -> Stop:
    patience = times * harness.pace.exit
    # No word of a close frame: nobody reads whether one was sent.
    when = "while the engine neither read nor answered"

    async def stop() -> Stop:
        for connection in harness.websockets():
            connection.inject(HalfOpen())
        return await stop_with(harness, signal.SIGTERM, when, patience)

    return await stop_ready(harness, stop)


Stopped = Stop | BusyStop | ErrandStop
"""What the trials of this file, and those of an idle worker, return."""


def stop_of(record: Record[Stopped]) -> Stop:
    """The stop of a record, whatever the worker was busy with."""
    return record.result if isinstance(record.result, Stop) else record.result.stop
