"""Shutting down: what a signal does to a worker."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.stimuli.shutting import Stop, interrupted, stop_with, terminated
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.subject.process import describe_exit
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Trial, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Accepted, Direction, FrameSeen

NO_END = "the process did not end"


@dataclass(frozen=True, slots=True)
class BusyStop:
    """A stop while an invocation of ``milliseconds`` was running."""

    stop: Stop
    invocation: Invocation
    milliseconds: int


@trial(Worker.OWN)
async def terminated_while_busy(harness: Harness) -> BusyStop:
    """Send SIGTERM while a slow invocation runs."""
    milliseconds = 700
    harness.invoker.can_sleep()
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.sleep(milliseconds)
    relayed = harness.gateway.holder is not None
    await harness.until(lambda: harness.gateway.is_holding or not relayed, harness.pace.stray)
    await harness.invoker.pulse()  # answered after the slow one was read, so that one runs now
    return BusyStop(await stop_with(harness, signal.SIGTERM), invocation, milliseconds)


def _ends(requirement: str, stopped: Trial[Stop]) -> None:
    @check(requirement, stopped)
    def ends(record: Record[Stop]) -> Finding:
        stop = record.result
        if stop.took is not None:
            return kept(f"it ended {stop.took:.2f} s after {stop.signal.name}")
        return broken(
            expected=f"the end of the process within {stop.patience:.0f} s of {stop.signal.name}",
            seen=f"still running, and killed: {', '.join(stop.remaining[:5]) or 'it'}",
            events=record.events[-6:],
            remedy=f"Handle {stop.signal.name}: finish, close the connection, and exit. "
            "In a container, the signal goes to the first process alone, and is ignored where "
            "that has no handler: give ENTRYPOINT as a list, or `exec` the worker. So it is with "
            "npm, npx and shells: start the worker itself, as in `node dist/worker.js`.",
        )


def _exits_with_zero(requirement: str, stopped: Trial[Stop]) -> None:
    @check(requirement, stopped)
    def exits_with_zero(record: Record[Stop]) -> Finding:
        stop = record.result
        if stop.took is None or stop.exit_code is None:
            return inconclusive(NO_END)
        if stop.exit_code == 0:
            return kept(f"exit code 0 after {stop.signal.name}")
        return broken(
            expected=f"exit code 0 after {stop.signal.name}",
            seen=describe_exit(stop.exit_code),
            events=record.events[-4:],
            remedy=f"Install a handler for {stop.signal.name} that shuts down and exits with 0; "
            "a supervisor takes any other code for a crash.",
        )


_ends("SHD-001", terminated)


_exits_with_zero("SHD-002", terminated)


_ends("SHD-003", interrupted)


_exits_with_zero("SHD-004", interrupted)


@check("SHD-005", terminated, interrupted)
def leaves_no_orphans(*records: Record[Stop]) -> Finding:
    """A process that outlives its worker holds ports, files and connections."""
    ended = [record for record in records if record.result.took is not None]
    if not ended:
        return inconclusive(NO_END)
    for record in ended:
        if record.result.remaining:
            return broken(
                expected="no process left after the worker ended",
                seen="still running: " + ", ".join(record.result.remaining[:3]),
                events=record.events[-4:],
                remedy="End child processes, and wait for them, before exiting.",
            )
    return kept("nothing was left running")


@check("SHD-006", terminated, interrupted)
def does_not_reconnect(*records: Record[Stop]) -> Finding:
    """A worker that is shutting down must not come back as a new one."""
    for record in records:
        later = record.talk.workers
        again = [
            event
            for event in record.events
            if isinstance(event, Accepted)
            and event.at > record.result.at
            and (event.connection in later or record.result.took is None)
        ]
        if again:
            return broken(
                expected=f"no new connection after {record.result.signal.name}",
                seen=f"one, {again[0].at - record.result.at:.2f} s after it",
                events=tuple(e for e in record.events if e.at >= record.result.at)[:6],
                remedy="Stop the reconnect loop before the connection is closed.",
            )
    if all(record.result.took is None for record in records):
        return inconclusive(NO_END)
    return kept("no new connection after a signal")


@check("SHD-007", terminated)
def says_goodbye(record: Record[Stop]) -> Finding:
    """With a close frame the engine knows at once that the worker left on purpose."""
    stop = record.result
    if stop.took is None:
        return inconclusive(NO_END)
    closes = [
        event
        for event in record.events
        if isinstance(event, FrameSeen)
        and event.connection in stop.workers
        and event.direction is Direction.FROM_WORKER
        and event.opcode is Opcode.CLOSE
    ]
    if len({close.connection for close in closes}) == len(stop.workers):
        return kept("each connection ended with a close frame", *closes[:1])
    return broken(
        expected="a close frame on each worker connection",
        seen="the TCP connection ended without one",
        events=tuple(e for e in record.events if e.at >= stop.at)[:4],
        remedy="Close the WebSocket with code 1000 before exiting.",
    )


@check("SHD-008", terminated_while_busy)
def finishes_what_is_in_flight(record: Record[BusyStop]) -> Finding:
    """Without it, every deployment fails the calls that are running at that moment."""
    busy = record.result
    answers = record.talk.answers(busy.invocation.id)
    if answers and answers[0].at <= busy.stop.at:
        return inconclusive("the invocation was answered before the signal could be sent")
    if answers and answers[0].json.get("error") is None:
        return kept("the invocation that was running got its result", answers[0])
    relays = [relay.function_id for relay in record.baseline.knowledge.relays]
    if answers and busy.invocation.function_id in relays:
        return inconclusive("the invocation ended in an error, for its call was given up")
    seen = f"the error {as_json(answers[0].json['error'])}" if answers else "no answer"
    return broken(
        expected=f"the result of an invocation of {busy.milliseconds} ms that was running",
        seen=seen,
        events=tuple(e for e in record.events if e.at >= busy.stop.at)[:4],
        remedy="On SIGTERM wait for running handlers, for some seconds at most, then close.",
    )
