"""Shutting down: how an idle worker reacts to a signal."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Any

from websockets.frames import Opcode

from conformance.checks.stimuli.shutting import interrupted, terminated
from conformance.checks.stimuli.stopping import (
    BusyStop,
    stop_of,
    terminated_and_unanswered,
    terminated_before_an_engine,
    terminated_in_a_handshake,
    terminated_while_busy,
    terminated_while_calling,
    terminated_without_an_engine,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.subject.process import describe_exit
from conformance.trials.trial import Record, Trial, check
from mock_engine.rendering import as_json
from mock_engine.transcript import Accepted, Direction, FrameSeen

NO_END = "the process did not end"


def _ends(requirement: str, *stopped: Trial[Any]) -> None:
    @check(requirement, *stopped)
    def ends(*records: Record[Any]) -> Finding:
        for record in records:
            stop = stop_of(record)
            if stop.took is not None:
                continue
            return broken(
                expected=f"the end of the process within {stop.patience:.0f} s of {stop.words}",
                seen=f"still running, and killed: {', '.join(stop.remaining[:5]) or 'it'}",
                events=record.events[-6:],
                remedy=f"Handle {stop.signal.name}: finish, close the connection, and exit. "
                "In a container, the signal goes to the first process alone, and is ignored where "
                "that has no handler: give ENTRYPOINT as a list, or `exec` the worker. So it is "
                "with npm, npx and shells: start the worker itself, as in `node dist/worker.js`.",
            )
        stops = [stop_of(record) for record in records]
        longest = max(stop.took or 0.0 for stop in stops)
        return kept(f"it ended {longest:.2f} s after {stops[0].signal.name} at the latest")


SERVING = (
    terminated,
    terminated_while_busy,
    terminated_while_calling,
    terminated_without_an_engine,
    terminated_and_unanswered,
)
"""SIGTERM to workers that are known to have been connected."""

FIRST_STEPS = (terminated_before_an_engine, terminated_in_a_handshake)
"""SIGTERM to workers that are about to connect."""

OF_THE_SIGNAL = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""Codes of a worker that is not yet connected: it may not have installed its handlers yet."""


def _exits_with_zero(requirement: str, *stopped: Trial[Any]) -> None:
    @check(requirement, *stopped)
    def exits_with_zero(*records: Record[Any]) -> Finding:
        ended = _over(records)
        for record in ended:
            stop = stop_of(record)
            right = (0, None) if record.talk.workers else OF_THE_SIGNAL
            if stop.exit_code not in right:
                return broken(
                    expected=f"exit code 0 after {stop.signal.name}",
                    seen=f"{describe_exit(stop.exit_code or 0)} {stop.when}".rstrip(),
                    events=record.events[-4:],
                    remedy=f"Install a handler for {stop.signal.name} that shuts down and exits "
                    "with 0; a supervisor takes any other code for a crash.",
                )
        if not any(stop_of(record).exit_code is not None for record in ended):
            return inconclusive(NO_END)
        return kept(f"exit code 0 after {stop_of(ended[0]).signal.name}, {len(ended)} times")


_ends("SHD-001", terminated, terminated_while_busy)


_exits_with_zero("SHD-002", *SERVING, *FIRST_STEPS)


_ends("SHD-003", interrupted)


_exits_with_zero("SHD-004", interrupted)


@check("SHD-005", interrupted, *SERVING, *FIRST_STEPS)
def leaves_no_orphans(*records: Record[Any]) -> Finding:
    """A process that is left behind keeps holding ports, files and connections."""
    ended = _over(records)
    if not ended:
        return inconclusive(NO_END)
    for record in ended:
        stop = stop_of(record)
        if stop.remaining:
            return broken(
                expected="no process left after the worker ended",
                seen=f"still running after {stop.words}: {', '.join(stop.remaining[:3])}",
                events=record.events[-4:],
                remedy="End child processes, and wait for them, before exiting.",
            )
    return kept(f"nothing was left running, {len(ended)} times")


@check("SHD-006", terminated, interrupted, terminated_while_busy)
def does_not_reconnect(*records: Record[Any]) -> Finding:
    """A worker that reconnects while it shuts down comes back as a new worker."""
    for record in records:
        stop, later = stop_of(record), record.talk.workers
        again = [
            event
            for event in record.events
            if isinstance(event, Accepted)
            and event.at > stop.at
            and (event.connection in later or stop.took is None)
        ]
        if again:
            return broken(
                expected=f"no new connection after {stop.signal.name}",
                seen=f"one, {again[0].at - stop.at:.2f} s after it",
                events=tuple(e for e in record.events if e.at >= stop.at)[:6],
                remedy="Stop the reconnect loop before the connection is closed.",
            )
    if not _over(records):
        return inconclusive(NO_END)
    return kept("no new connection after a signal")


@check("SHD-007", terminated, interrupted, terminated_while_busy)
def says_goodbye(*records: Record[Any]) -> Finding:
    """A close frame tells the engine at once that the worker left on purpose."""
    ended = _over(records)
    for record in ended:
        stop = stop_of(record)
        closed = {close.connection for close in _closes(record)}
        if not closed >= set(stop.workers):
            return broken(
                expected="a close frame on each worker connection",
                seen=f"the TCP connection ended without one after {stop.words}",
                events=tuple(e for e in record.events if e.at >= stop.at)[:4],
                remedy="Close the WebSocket with code 1000 before exiting.",
            )
    if not ended:
        return inconclusive(NO_END)
    return kept("each connection ended with a close frame", *_closes(ended[0])[:1])


def _over(records: Sequence[Record[Any]]) -> list[Record[Any]]:
    """The records of workers whose process ended in time."""
    return [record for record in records if stop_of(record).took is not None]


def _closes(record: Record[Any]) -> list[FrameSeen]:
    """The close frames of the worker."""
    return [
        event
        for event in record.events
        if isinstance(event, FrameSeen)
        and event.direction is Direction.FROM_WORKER
        and event.opcode is Opcode.CLOSE
    ]


@check("SHD-008", terminated_while_busy)
def finishes_what_is_in_flight(record: Record[BusyStop]) -> Finding:
    """Otherwise every deployment fails the calls that are running at that moment."""
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
