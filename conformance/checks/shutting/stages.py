"""Signals at every other stage of a worker's life.

Each stage of life has a requirement: starting (SHD-012), connecting (SHD-013), registering
(SHD-014), handling (SHD-008), waiting for an answer (SHD-009), reconnecting (SHD-010), shutting
down already (SHD-011), and closing a connection that nobody answers on (SHD-015).
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterable
from typing import Any

from conformance.checks.stimuli.calling import calls_of
from conformance.checks.stimuli.shutting import Stop, stop_with
from conformance.checks.stimuli.stopping import (
    AWAY,
    ErrandStop,
    terminated_and_never_answered,
    terminated_and_unanswered,
    terminated_before_an_engine,
    terminated_in_a_handshake,
    terminated_long_without_an_engine,
    terminated_while_calling,
    terminated_without_an_engine,
)
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial


@trial(Worker.OWN)
async def terminated_twice(harness: Harness) -> Stop:
    """Send SIGTERM twice, as an impatient supervisor does, if possible during an invocation."""
    await harness.worker.start()
    await harness.presence.ready()
    with contextlib.suppress(Inconclusive):
        harness.invoker.can_sleep()
        harness.invoker.sleep(400)
        await harness.invoker.pulse()
    harness.worker.signal(signal.SIGTERM)
    await harness.until(lambda: not harness.worker.running, 0.1, patient=False)
    return await stop_with(harness, signal.SIGTERM, "the second time")


@check("SHD-009", terminated_while_calling)
def ends_while_it_waits(record: Record[ErrandStop]) -> Finding:
    """The answer will not come any more, and the code that waits for it must be told so."""
    if not calls_of(record.talk, record.result.errand.function_id):
        return inconclusive("it did not call the function it was asked to call")
    return _ended_in_time(
        record,
        record.result.stop,
        "Fail pending calls with SHUTDOWN.",
    )


@check("SHD-010", terminated_without_an_engine, terminated_long_without_an_engine)
def ends_without_an_engine(*records: Record[Stop]) -> Finding:
    """Without an engine, messages and telemetry that are still unsent cannot be sent."""
    return _each_ended_in_time(
        records, "Limit the time for flushing and closing, and end the reconnect loop at once."
    )


@check("SHD-011", terminated_twice)
def ends_although_told_twice(record: Record[Stop]) -> Finding:
    """A second signal must not restart the shutdown or make it hang."""
    return _ended_in_time(
        record,
        record.result,
        "Begin to shut down once; let a second signal hurry it or change nothing.",
    )


def _ended_in_time(record: Record[Any], stop: Stop, remedy: str) -> Finding:
    if stop.took is not None:
        return kept(f"it ended {stop.took:.2f} s after {stop.words}")
    return broken(
        expected=f"its end within {stop.patience:.0f} s of {stop.words}",
        seen="it was still running and had to be killed",
        events=record.events[-6:],
        remedy=remedy,
    )


def _each_ended_in_time(records: Iterable[Record[Stop]], remedy: str) -> Finding:
    return decisive(_ended_in_time(record, record.result, remedy) for record in records)


@check("SHD-012", terminated_before_an_engine)
def ends_before_it_was_connected(record: Record[Stop]) -> Finding:
    """A worker that is still waiting for its engine is stopped as often as any other."""
    return _ended_in_time(
        record,
        record.result,
        "Install the handlers of signals first, and let them end the wait for an engine.",
    )


@check("SHD-013", terminated_in_a_handshake)
def ends_while_it_connects(record: Record[Stop]) -> Finding:
    """A hung engine must not keep its workers from being replaced."""
    return _ended_in_time(
        record,
        record.result,
        "Give up a connection that is being made when the worker is told to stop.",
    )


@trial(Worker.OWN)
async def terminated_while_registering(harness: Harness) -> Stop:
    """Send SIGTERM with the first message of the worker."""
    await harness.worker.start()
    if not await harness.presence.spoke():
        raise Inconclusive("it opened no connection that it spoke on: see CON-001")
    return await stop_with(harness, signal.SIGTERM, "while it registered")


@trial(Worker.OWN)
async def terminated_before_a_greeting(harness: Harness) -> Stop:
    """Accept the worker's connection, do not greet it, and send SIGTERM."""
    harness.engine.greet = False
    await harness.worker.start()
    opened = await harness.until(
        lambda: harness.websockets() or not harness.worker.running, harness.pace.appearance
    )
    if not opened or not harness.worker.running:
        raise Inconclusive("it opened no connection: see CON-001")
    await harness.until(lambda: not harness.worker.running, AWAY, patient=False)
    return await stop_with(harness, signal.SIGTERM, "before the engine greeted it")


@check("SHD-014", terminated_while_registering, terminated_before_a_greeting)
def ends_while_it_registers(*records: Record[Stop]) -> Finding:
    """A rollback stops workers that have only just started."""
    return _each_ended_in_time(
        records,
        "Install the handlers of signals before the first connection is made, and let them end "
        "whatever the worker waits for.",
    )


@check("SHD-015", terminated_and_unanswered, terminated_and_never_answered)
def ends_without_an_answer(*records: Record[Stop]) -> Finding:
    """An engine that has disappeared does not answer a close frame."""
    record = max(records, key=lambda each: each.result.patience)
    if record.result.took is None and record.trial == terminated_and_unanswered.name:
        return inconclusive(
            f"it had not ended {record.result.patience:.0f} s after {record.result.words}: "
            "--level full waits longer"
        )
    return _ended_in_time(
        record,
        record.result,
        "Wait for the answer to a close frame for some seconds at most.",
    )
