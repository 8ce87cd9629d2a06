"""The processes of a worker in a recording: where one ended, and where the next one started.

A recorder sees connections, not processes. But a worker gives the id of its process when it
announces itself: if another id comes after a connection's end, somebody stopped the first process
and started the next. The signal is inferred from whether the worker sent a close frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from websockets.frames import Opcode

from conformance.scenarios.recording.offwire import Exited, Signalled
from conformance.trials.conversation import Conversation
from mock_engine.transcript import Direction, Ended, Ending, Event, FrameSeen, Message


def with_exits(events: Sequence[Event]) -> Sequence[Event]:
    """The events, with signals and exits inserted where processes were replaced.

    A transcript that contains exits itself stays as it is.
    """
    if any(isinstance(event, Exited) for event in events):
        return events
    talk = Conversation(events)
    found = list(events)
    for one, other in pairwise(talk.workers):
        end = talk.ends.get(one)
        if end is None or not _is_replaced(talk, one, other):
            continue
        first = talk.first_message(other)
        if found.index(end) > found.index(first):
            continue
        parting = _parting(found, end)
        name = "SIGTERM" if isinstance(parting, FrameSeen) else "SIGKILL"
        by_engine = end.ending is Ending.BY_ENGINE
        at, after = found.index(parting) + by_engine, found.index(end) + 1
        found.insert(after, Exited(end.at, 0, None))
        found.insert(at, Signalled(parting.at, 0, name))
    return found


def last(events: Sequence[Event]) -> Sequence[Event]:
    """The events of the last process of the worker."""
    starts = [0, *(i + 1 for i, event in enumerate(events) if isinstance(event, Exited))]
    found = (events[start:] for start in reversed(starts))
    return next((life for life in found if any(isinstance(e, Message) for e in life)), events)


def until_abandoned(events: Sequence[Event]) -> Iterable[Event]:
    """The events without the end of a worker that was killed when recording stopped."""
    life = last(events)
    code = next((e.code for e in reversed(life) if isinstance(e, Exited)), None)
    if code is None or code >= 0 or any(isinstance(event, Signalled) for event in life):
        return events
    heard = max((e.at for e in life if isinstance(e, Message)), default=0.0)
    return [event for event in events if event.at <= heard]


def _is_replaced(talk: Conversation, one: int, other: int) -> bool:
    before, now = _process(talk.announcements(one)), _process(talk.announcements(other))
    return None not in (before, now) and before != now


def _process(announcements: Iterable[Message]) -> Any:
    """The id of the process that made these announcements, if they contain it."""
    for message in announcements:
        data = message.json.get("data")
        if isinstance(data, dict) and data.get("pid") is not None:
            return data["pid"]
    return None


def _parting(events: Sequence[Event], end: Ended) -> Event:
    """The first event of a connection's end: the worker's own close frame, or the end itself."""
    closing = (
        event
        for event in events
        if event.connection == end.connection
        and isinstance(event, FrameSeen)
        and event.opcode is Opcode.CLOSE
    )
    first = next(closing, None)
    return first if first is not None and first.direction is Direction.FROM_WORKER else end
