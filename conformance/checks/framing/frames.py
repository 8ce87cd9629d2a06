"""Frames: the rules of WebSockets, on every connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Opcode

from conformance.checks.framing.interleaving import interleaved
from conformance.checks.stimuli.always import always
from conformance.requirements.verdict import Finding, broken, inconclusive
from conformance.trials.trial import Record
from mock_engine.transcript import Answered, Direction, Ended, Ending, Event, FrameSeen

SWITCHING = 101
"""The status of an upgrade that succeeded."""


@always("FRM-013", "connections", inconclusive("it opened no WebSocket"))
def keeps_the_rules_of_websockets(record: Record[object]) -> Iterator[Finding | None]:
    """The engine fails a connection whose frames break RFC 6455, and with it all that waits."""
    for events in _upgraded(record):
        fault = next(filter(None, map(_fault, events)), None)
        writers = interleaved(events) if fault is not None else None
        yield (
            None
            if fault is None
            else broken(
                expected="frames that keep the rules of RFC 6455",
                seen=fault if writers is None else f"{fault}; {writers}: two writers at a time",
                events=tuple(events[-4:]),
                remedy="Leave frames to a library; close with 1000 or 3000 to 4999."
                if writers is None
                else "Write each frame whole, under one lock or from one task.",
            )
        )


def _upgraded(record: Record[object]) -> list[list[Event]]:
    """The events of each WebSocket, channels and telemetry included."""
    events: dict[int, list[Event]] = defaultdict(list)
    for event in record.events:
        events[event.connection].append(event)
    return [each for each in events.values() if any(map(_is_upgrade, each))]


def _is_upgrade(event: Event) -> bool:
    return isinstance(event, Answered) and event.status == SWITCHING


def _fault(event: Event) -> str | None:
    """What breaks the rules, in words."""
    if isinstance(event, Ended) and event.ending is Ending.MALFORMED:
        return event.detail or event.ending.value
    if not isinstance(event, FrameSeen) or event.direction is Direction.FROM_ENGINE:
        return None
    return _close_fault(event.data) if event.opcode is Opcode.CLOSE else None


def _close_fault(data: bytes) -> str | None:
    """What is wrong with the payload of a close frame (RFC 6455, sections 5.5.1 and 7.4)."""
    try:
        Close.parse(data)
    except UnicodeDecodeError:
        return "a close frame whose reason is no UTF-8"
    except ProtocolError:
        if len(data) < 2:
            return "a close frame of one byte"
        return f"a close frame with the code {int.from_bytes(data[:2], 'big')}, which none may have"
    return None
