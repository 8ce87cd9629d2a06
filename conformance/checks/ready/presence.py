"""A worker is present: its process runs and its connections stay open until it is told to stop.

Rules of this file:

* Every end without a reason is reported, in whatever trial it happens, with what came before it.
* A reason is something that no engine in service does to a worker, or that tells it to go. Trials
  that do such things have checks of their own, which say what a worker makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import NOTHING_BROKEN, always
from conformance.checks.stimuli.ordinary import is_engines, was_unheard_of
from conformance.requirements.verdict import Finding, broken
from conformance.trials.life import LifeEvent, Turn
from conformance.trials.trial import Record
from mock_engine.rendering import as_json, shorten, summary
from mock_engine.transcript import Ended, Ending, Event, Message

BEFORE = 3
"""Events before an end that are shown with it."""

TOGETHER = 1.0
"""Seconds within which the end of a process is noticed after the end of its connections."""

OWN_DOING = (Ending.CLOSE_FRAME, Ending.EOF, Ending.RESET)
"""The ways in which connections end that the worker itself ended."""

SURVIVABLE = "FUNCTION_NAMESPACE_CONFLICT"
"""The one rejection that is about a single function."""


@always("RDY-001", "processes and connections", NOTHING_BROKEN, proves=False, skip_broken=True)
def stays_until_it_is_told_to_stop(record: Record[Any]) -> Iterator[Finding | None]:
    """A worker that ends, disconnects or stops listening cannot handle calls."""
    if not record.baseline.workers:
        return  # a worker that never was present cannot leave: see CON-001
    exits = [event for event in record.life if event.turn is Turn.EXITED]
    found = [*_ends(record, exits), *_drops(record, exits)]
    yield from found
    if record.missed and not any(found):
        end = record.events[-1].at + 1 if record.events else 0.0
        yield _told(record, end, record.missed, "Be there whenever the engine needs it.")


def _ends(record: Record[Any], exits: list[LifeEvent]) -> Iterator[Finding | None]:
    """A finding for each process that ended without a reason, ``None`` for any other."""
    for event in exits:
        if _was_sent_away(record, event):
            yield None
        else:
            yield _told(record, event.at, f"its process {event}", "Let no failure end the process.")


def _drops(record: Record[Any], exits: list[LifeEvent]) -> Iterator[Finding | None]:
    """The same for connections; the end of a process takes its connections with it."""
    for ended in record.events:
        if not isinstance(ended, Ended) or ended.connection not in record.talk.workers:
            continue
        if any(abs(event.at - ended.at) < TOGETHER for event in exits) or not _dropped(
            record, ended
        ):
            yield None
        else:
            yield _told(
                record,
                ended.at,
                f"it dropped its connection ({ended.ending.value})",
                "Leave the connection open, whatever comes or does not come on it.",
                connection=ended.connection,
            )


def _told(
    record: Record[Any], at: float, what: str, remedy: str, connection: int | None = None
) -> Finding:
    """The finding, with what came before the end."""
    earlier = [
        event
        for event in record.events
        if event.at <= at and connection in (None, event.connection) and summary(event) is not None
    ]
    engines = [message for message in earlier if is_engines(message)]
    after = f" after {_named(engines[-1])}" if engines else ""
    return broken(
        expected="a worker that is there, connected and listening, until it is told to stop",
        seen=f"{what}{after}",
        events=tuple(earlier[-2 * BEFORE :]) or record.events[:1],
        remedy=f"{remedy} This was seen in the run {record.run}.",
    )


def _named(message: Message) -> str:
    """What a message of the engine is about."""
    body = message.json
    if not isinstance(body, dict):
        return shorten(as_json(message.data), 60)
    about = body.get("function_id") or body.get("trigger_type") or body.get("code")
    return f"the engine's {message.type}" + (f" of {about}" if about else "")


def _was_sent_away(record: Record[Any], exited: LifeEvent) -> bool:
    """Whether there is a reason for the end of a process."""
    told = any(
        event.process == exited.process
        and event.turn in (Turn.SIGNALLED, Turn.KILLED)
        and event.at <= exited.at
        for event in record.life
    )
    return told or any(event.at <= exited.at and _is_farewell(event) for event in record.events)


def _dropped(record: Record[Any], ended: Ended) -> bool:
    """Whether the worker ended a connection for no reason."""
    stopping = any(
        event.turn in (Turn.SIGNALLED, Turn.KILLED) and event.at <= ended.at
        for event in record.life
    )
    if ended.ending not in OWN_DOING or stopping:
        return False
    closing = record.talk.closings.get(ended.connection)
    if closing is not None and closing.at <= ended.at:
        return False  # the engine began to close it: what its peer does then ends it
    came = [e for e in record.events if e.connection == ended.connection and e.at <= ended.at]
    return not (any(map(_is_farewell, came)) or was_unheard_of(record, ended))


def _is_farewell(event: Event) -> bool:
    """Whether the engine says that it refuses the worker."""
    if not is_engines(event):
        return False
    if event.type == "registrationrejected":
        return bool(event.json.get("code") != SURVIVABLE)
    return event.type == "error"
