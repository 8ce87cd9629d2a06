"""Frames: the rules of WebSockets, on every connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Opcode

from conformance.checks.framing.interleaving import interleaved
from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.ordinary import is_engines
from conformance.requirements.verdict import Finding, Level, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import Sent, Split, rule
from mock_engine.transcript import Answered, Direction, Ended, Ending, Event, FrameSeen

SWITCHING = 101
"""The status of an upgrade that succeeded."""


@always("FRM-013", "connections", inconclusive("it opened no WebSocket"))
def keeps_the_rules_of_websockets(record: Record[object]) -> Iterator[Finding | None]:
    """If frames break RFC 6455, the engine fails the connection and all that waits on it."""
    for events in _upgraded(record):
        fault = next(filter(None, map(_fault, events)), None)
        fault = fault or _data_after_close(events) or _one_mask(events)
        if fault is None:
            yield _unanswered_close(record, events)
            continue
        writers = interleaved(events)
        yield broken(
            expected="frames that keep the rules of RFC 6455",
            seen=fault if writers is None else f"{fault}; {writers}: two writers at a time",
            events=tuple(events[-4:]),
            remedy="Leave frames to a library; close with 1000 or 3000 to 4999."
            if writers is None
            else "Write each frame whole, under one lock or from one task.",
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


def _data_after_close(events: list[Event]) -> str | None:
    """What the worker sent although it had begun to close the connection."""
    sent = [
        event.opcode
        for event in events
        if isinstance(event, FrameSeen) and event.direction is Direction.FROM_WORKER
    ]
    behind = sent[sent.index(Opcode.CLOSE) + 1 :] if Opcode.CLOSE in sent else []
    data = next((opcode for opcode in behind if opcode not in CONTROL), None)
    return None if data is None else f"a {data.name.lower()} frame after its close frame"


ENOUGH = 8
"""Frames with one masking key that cannot be due to chance."""


def _one_mask(events: list[Event]) -> str | None:
    """The masking key of all frames, which is to be a new one for each: RFC 6455, 5.3."""
    keys = [event.mask for event in events if isinstance(event, FrameSeen) and event.mask]
    if len(keys) < ENOUGH or len({*keys}) > 1:
        return None
    return f"the masking key {keys[0].hex()} in each of {len(keys)} frames"


CONTROL = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)

TOGETHER = 1.0
"""Seconds within which the end of a process is noticed after the end of its connections."""


def _unanswered_close(record: Record[object], events: list[Event]) -> Finding | None:
    """A close frame of the engine that a worker read but did not answer before it closed.

    A worker that is refused, or exits, may have disconnected before it read the frame. No engine
    waits for an answer, and the official Rust SDK gives none, so this is no failure: RFC 6455,
    5.5.1.
    """
    closes = [e for e in events if isinstance(e, FrameSeen) and e.opcode is Opcode.CLOSE]
    ended = next((e for e in events if isinstance(e, Ended)), None)
    if ended is None or {e.direction for e in closes} != {Direction.FROM_ENGINE}:
        return None
    parting = any(abs(each.at - ended.at) < TOGETHER for each in record.life) or any(
        is_engines(each) and each.type in ("registrationrejected", "error") for each in events
    )
    if parting or ended.ending is not Ending.EOF:
        return None
    finding = broken(
        expected="a close frame in answer to the engine's",
        seen="no close frame in answer to the engine's, but the end of the TCP stream",
        events=(*closes[-1:], ended),
        remedy="Read on after a close frame until the library has answered it.",
    )
    return replace(finding, level=Level.SHOULD)


FRAGMENT = 16
"""Bytes of a fragment: an invocation has several of them."""


@trial(Worker.OWN)
async def fragmented(harness: Harness) -> bool | None:
    """Send messages in several frames each; return whether the worker reads them.

    ``None`` stands for a worker that answers no invocation at all.
    """
    await harness.worker.start()
    await harness.presence.ready()
    if harness.baseline.pulse is None:
        return None
    harness.listener.play((rule(Split(FRAGMENT), Sent()),))
    heard = await harness.invoker.pulse()
    harness.listener.play(())
    return heard


@check("FRM-013", fragmented)
def joins_fragments(record: Record[bool | None]) -> Finding:
    """A proxy may split a message into several frames (RFC 6455, section 5.4)."""
    if record.result is None:
        return inconclusive("it answers no invocation")
    if record.result:
        return kept("it read messages in fragments")
    return broken(
        expected="an answer to an invocation that came in several frames",
        seen="no answer",
        events=record.events[-6:],
        remedy="Join the frames of a message, from the first to the one with FIN, before you read "
        "it; libraries do.",
    )


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
