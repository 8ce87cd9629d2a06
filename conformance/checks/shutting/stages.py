"""A signal that comes while the worker is busy with something else than its work.

Each stage of life has a requirement: starting (SHD-012), connecting (SHD-013), registering
(SHD-014), handling (SHD-008), waiting for an answer (SHD-009), reconnecting (SHD-010), shutting
down already (SHD-011), and closing a connection that nobody answers on (SHD-015).
"""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.calling import Errand, calls_of, unanswered
from conformance.checks.stimuli.shutting import Stop, stop_with
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import Accept, HalfOpen, Refuse, Stall, rule
from mock_engine.transcript import Accepted

AWAY = 0.3
"""Seconds for which the engine is away before the signal comes."""

UNANSWERED = 2.0
"""By how much longer a worker may take whose close frame nobody answers: WebSocket libraries wait
ten seconds for that, and some of them then as long again."""


@dataclass(frozen=True, slots=True)
class ErrandStop:
    """A stop while the worker waited for the answer to a call."""

    stop: Stop
    errand: Errand


@trial(Worker.OWN, seconds=2.0)
async def terminated_while_calling(harness: Harness) -> ErrandStop:
    """Send SIGTERM while the worker waits for an answer that never comes."""
    call_for_ever = unanswered(harness)
    await harness.worker.start()
    await harness.presence.ready()
    errand = call_for_ever({"timeout_ms": 600_000})
    await harness.until(lambda: calls_of(harness.talk, errand.function_id), harness.pace.reply)
    return ErrandStop(await stop_with(harness, signal.SIGTERM), errand)


@trial(Worker.OWN)
async def terminated_without_an_engine(harness: Harness) -> Stop:
    """Let the engine go away, and send SIGTERM while the worker looks for it."""
    await harness.worker.start()
    await harness.presence.ready()
    if harness.invoker.plays("echo"):
        # What was just done leaves telemetry that is still to be sent, as it does in service.
        await harness.invoker.reply(harness.invoker.invoke(harness.invoker.role("echo"), {}))
    harness.listener.play((rule(Refuse()),))
    for connection in harness.websockets():
        connection.cut()
    await harness.until(lambda: not harness.worker.running, AWAY, patient=False)
    if not harness.worker.running:
        raise Inconclusive("it ended when the engine went away: see REC-017")
    return await stop_with(harness, signal.SIGTERM)


@trial(Worker.OWN)
async def terminated_twice(harness: Harness) -> Stop:
    """Send SIGTERM twice, as an impatient supervisor does, with work under way if there can be."""
    await harness.worker.start()
    await harness.presence.ready()
    with contextlib.suppress(Inconclusive):
        harness.invoker.can_sleep()
        harness.invoker.sleep(400)
        await harness.invoker.pulse()
    harness.worker.signal(signal.SIGTERM)
    await harness.until(lambda: not harness.worker.running, 0.1, patient=False)
    return await stop_with(harness, signal.SIGTERM)


@check("SHD-009", terminated_while_calling)
def ends_while_it_waits(record: Record[ErrandStop]) -> Finding:
    """The answer it waits for will not come any more; whoever waits in it is to be told so."""
    if not calls_of(record.talk, record.result.errand.function_id):
        return inconclusive("it did not call the function it was asked to call")
    return _ended_in_time(
        record,
        record.result.stop,
        "while it waited for the answer to a call",
        "Fail pending calls with SHUTDOWN.",
    )


@check("SHD-010", terminated_without_an_engine)
def ends_without_an_engine(record: Record[Stop]) -> Finding:
    """What is still to be sent cannot be sent any more, telemetry included."""
    return _ended_in_time(
        record,
        record.result,
        "while the engine was away",
        "Limit the time for flushing and closing, and end the reconnect loop at once.",
    )


@check("SHD-011", terminated_twice)
def ends_although_told_twice(record: Record[Stop]) -> Finding:
    """A second signal must not start the shutdown over, or get it stuck."""
    return _ended_in_time(
        record,
        record.result,
        "the second time",
        "Begin to shut down once; let a second signal hurry it or change nothing.",
    )


def _ended_in_time(record: Record[Any], stop: Stop, when: str, remedy: str) -> Finding:
    if stop.took is not None:
        return kept(f"it ended {stop.took:.2f} s after {stop.signal.name} {when}")
    return broken(
        expected=f"its end within {stop.patience:.0f} s of {stop.signal.name} {when}",
        seen="it was still running and had to be killed",
        events=record.events[-6:],
        remedy=remedy,
    )


@trial(Worker.OWN)
async def terminated_before_an_engine(harness: Harness) -> Stop:
    """Send SIGTERM to a worker that has not found an engine yet."""
    harness.listener.play((rule(Refuse()),))
    await harness.worker.start()
    seconds = 1.5 * harness.pace.startup + 0.5
    await harness.until(lambda: not harness.worker.running, seconds, patient=False)
    if not harness.worker.running:
        raise Inconclusive("it ended without an engine: see CON-004")
    return await stop_with(harness, signal.SIGTERM)


@check("SHD-012", terminated_before_an_engine)
def ends_before_it_was_connected(record: Record[Stop]) -> Finding:
    """A worker that comes up before its engine is told to go as often as any other."""
    return _ended_in_time(
        record,
        record.result,
        "before it found an engine",
        "Install the handlers of signals first, and let them end the wait for an engine.",
    )


@trial(Worker.OWN)
async def terminated_in_a_handshake(harness: Harness) -> Stop:
    """Accept the worker's connections, answer on none, and send SIGTERM."""
    harness.listener.play((rule(Stall(), Accept()),))
    await harness.worker.start()
    dialled = await harness.until(
        lambda: next(harness.transcript.of(Accepted), None) or not harness.worker.running,
        harness.pace.appearance,
    )
    if not dialled or not harness.worker.running:
        raise Inconclusive("it opened no connection: see CON-001")
    await harness.until(lambda: not harness.worker.running, AWAY, patient=False)
    return await stop_with(harness, signal.SIGTERM)


@check("SHD-013", terminated_in_a_handshake)
def ends_while_it_connects(record: Record[Stop]) -> Finding:
    """An engine that hangs must not keep its workers from being replaced."""
    return _ended_in_time(
        record,
        record.result,
        "while nobody answered its handshake",
        "Give up a connection that is being made when the worker is told to stop.",
    )


@trial(Worker.OWN)
async def terminated_while_registering(harness: Harness) -> Stop:
    """Send SIGTERM with the first message of the worker."""
    await harness.worker.start()
    if not await harness.presence.spoke():
        raise Inconclusive("it opened no connection that it spoke on: see CON-001")
    return await stop_with(harness, signal.SIGTERM)


@check("SHD-014", terminated_while_registering)
def ends_while_it_registers(record: Record[Stop]) -> Finding:
    """A rollout that is taken back ends workers that have only just begun."""
    return _ended_in_time(
        record,
        record.result,
        "while it registered",
        "Install the handlers of signals before the first connection is made.",
    )


@trial(Worker.OWN, seconds=2.0)
async def terminated_and_unanswered(harness: Harness) -> Stop:
    """Neither read nor write any more on the worker's connections, and send SIGTERM."""
    await harness.worker.start()
    await harness.presence.ready()
    for connection in harness.websockets():
        connection.inject(HalfOpen())
    return await stop_with(harness, signal.SIGTERM, UNANSWERED * harness.pace.exit)


@check("SHD-015", terminated_and_unanswered)
def ends_without_an_answer(record: Record[Stop]) -> Finding:
    """An engine that is gone without a word answers no close frame."""
    return _ended_in_time(
        record,
        record.result,
        "although nobody answered its close frame",
        "Wait for the answer to a close frame for some seconds at most.",
    )
