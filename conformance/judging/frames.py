"""The part of a conversation that is the evidence for a verdict, as data for every report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Literal

import msgspec

from conformance.trials.conversation import is_telemetry
from conformance.trials.trial import Record
from mock_engine.rendering import shorten, summary
from mock_engine.transcript import Direction, Event, FrameSeen, Message

BEFORE, AFTER = 6, 3
"""How many events of the same connections are shown around the cited ones."""

LAST = 3
"""How many messages in each direction are shown if none is cited."""

MOST = 40
WIDTH = 2000
LINE = 240


class EvidenceFrame(msgspec.Struct, frozen=True):
    """One event of a conversation, as evidence.

    ``at`` is in seconds since the worker's engine began to listen. ``sender`` is empty for what
    neither side sent, such as the end of a connection. ``text`` is shortened to about 2,000
    characters. ``cited`` marks the events that are the evidence.
    """

    at: float
    connection: int
    sender: Literal["worker", "engine", ""]
    text: str
    cited: bool


def conversation(
    cited: Sequence[Event], records: Sequence[Record[Any]]
) -> tuple[EvidenceFrame, ...]:
    """The cited events, in the order in which they happened, with those around them."""
    wanted = set(map(id, cited))
    events = next(
        (record.events for record in records if any(id(e) in wanted for e in record.events)),
        tuple(cited) or (records[0].events if records else ()),
    )
    wanted = {id(_visible(event, events)) for event in cited}
    if wanted:
        shown = [e for e in events if id(e) in wanted or not _is_noise(e)]
        connections = {event.connection for event in cited}
        shown = [e for e in shown if e.connection in connections]
        places = [place for place, event in enumerate(shown) if id(event) in wanted]
        chosen = {p for place in places for p in range(place - BEFORE, place + AFTER + 1)}
        shown = [event for place, event in enumerate(shown) if place in chosen]
    else:
        shown = _last(events)
    return tuple(evidence_frame(event, id(event) in wanted) for event in _bounded(shown, wanted))


def _visible(cited: Event, events: Sequence[Event]) -> Event:
    """What is shown of a cited event: for a frame of a message, the message."""
    if summary(cited) is not None or not isinstance(cited, FrameSeen):
        return cited
    return next(
        (
            event
            for event in events
            if isinstance(event, Message)
            and (event.connection, event.direction) == (cited.connection, cited.direction)
            and event.at >= cited.at
        ),
        cited,
    )


def evidence_frame(event: Event, cited: bool = False) -> EvidenceFrame:
    """An event as data."""
    direction = event.direction if isinstance(event, (Message, FrameSeen)) else None
    return EvidenceFrame(
        at=round(event.at, 6),
        connection=event.connection,
        sender="" if direction is None else _SENDERS[direction],
        text=summary(event, WIDTH) or "",
        cited=cited,
    )


def lines(frames: Sequence[EvidenceFrame]) -> list[str]:
    """A conversation as lines. The cited events are marked if there are others."""
    marked = len({frame.cited for frame in frames}) > 1
    return [f"{'>' if marked and frame.cited else ' '} {line(frame)}" for frame in frames]


def line(frame: EvidenceFrame) -> str:
    """A frame as one line of text."""
    arrow = {"worker": "worker → engine  ", "engine": "engine → worker  ", "": ""}
    text = arrow[frame.sender] + shorten(frame.text, LINE)
    return f"{frame.at:9.3f} s  #{frame.connection}  {text}"


_SENDERS: dict[Direction, Literal["worker", "engine"]] = {
    Direction.FROM_WORKER: "worker",
    Direction.FROM_ENGINE: "engine",
}


def _is_noise(event: Event) -> bool:
    """Whether an event can be left out: telemetry, and frames that a message shows whole."""
    return summary(event) is None or (isinstance(event, Message) and is_telemetry(event))


def _last(events: Sequence[Event]) -> list[Event]:
    """The last messages in each direction that matter, in order."""
    last: list[Event] = []
    for direction in Direction:
        newest = (
            event
            for event in reversed(events)
            if isinstance(event, Message) and event.direction is direction and not _is_noise(event)
        )
        last += [*islice(newest, LAST)][::-1]
    return sorted(last, key=lambda event: event.at)


def _bounded(events: list[Event], wanted: set[int]) -> list[Event]:
    """At most ``MOST`` events, the cited ones first."""
    if len(events) <= MOST:
        return events
    kept = [event for event in events if id(event) in wanted][:MOST]
    chosen = set(map(id, kept)) | {id(event) for event in events[: MOST - len(kept)]}
    return [event for event in events if id(event) in chosen][:MOST]
