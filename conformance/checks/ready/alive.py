"""Alive, connected, and answering pings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.stimuli.living import Vitals, looking_back
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.pings import pongs
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, Event, FrameSeen, Message
from mock_engine.wire import Frame


@check("RDY-001", looking_back)
def stays_alive_and_connected(record: Record[Vitals]) -> Finding:
    """A worker serves until a signal ends it; nothing else should."""
    count = len(record.talk.live_workers)
    if record.result.exit_code is None and count >= len(record.talk.workers):
        return kept(f"alive after {record.result.age:.1f} s, {count} connection(s) open")
    return inconclusive("it was told to go: no engine in service sends what it was sent")


@dataclass(frozen=True, slots=True)
class PingSent:
    """WebSocket pings, each with its payload, per connection."""

    payloads: tuple[bytes, ...]
    connections: tuple[int, ...]


PAYLOADS = (b"are you there?", b"", bytes(range(131, 256)))
"""Text, nothing, and as many bytes as a ping may have: RFC 6455, section 5.5."""


@trial(Worker.SHARED)
async def pinging(harness: Harness) -> PingSent:
    """Send WebSocket pings to each worker's connection, each when the one before is answered.

    Of several unanswered pings, a worker need answer only the last: RFC 6455, section 5.5.3.
    """
    numbers = tuple(harness.workers)
    for sent, payload in enumerate(PAYLOADS, 1):
        for number in numbers:
            harness.connection(number).send_frame(Frame(Opcode.PING, payload))
        if not await harness.until(
            lambda p=payload: all(pongs(harness.transcript.events, n, p) for n in numbers),  # type: ignore[misc]
            harness.pace.reply,
        ):
            return PingSent(PAYLOADS[:sent], numbers)
    return PingSent(PAYLOADS, numbers)


@check("RDY-002", pinging)
def answers_pings(record: Record[PingSent]) -> Finding:
    """Proxies and engines close a connection if it answers no pings (RFC 6455, 5.5.2)."""
    ping = record.result
    lacking = [
        (number, payload)
        for payload in ping.payloads
        for number in ping.connections
        if not pongs(record.events, number, payload)
    ]
    if not lacking:
        return kept("each ping was answered with its payload")
    number, payload = lacking[0]
    return broken(
        expected=f"a pong with the payload {as_json(payload)}",
        seen=f"none on connection #{number}",
        events=tuple(
            event
            for event in record.events
            if isinstance(event, FrameSeen)
            and event.connection == number
            and event.opcode in (Opcode.PING, Opcode.PONG)
        )[-6:],
        remedy="Read from the socket at all times; WebSocket libraries answer pings then.",
    )


@trial(Worker.SHARED)
async def pinged_by_message(harness: Harness) -> float:
    """Send the message ``ping``; return when, in seconds."""
    at = harness.transcript.now()
    harness.send(harness.invoker.serving(ABSENT), {"type": "ping"})
    await harness.until(lambda: _message_pongs(harness.talk), min(harness.pace.reply, 2.0))
    return at


def _message_pongs(talk: Conversation) -> list[Message]:
    return [message for message in talk.messages() if message.type == "pong"]


@check("RDY-003", pinged_by_message)
def answers_a_ping_message(record: Record[float]) -> Finding:
    """Besides WebSocket pings, the protocol has a ping message of its own."""
    pongs_seen = _message_pongs(record.talk)
    if pongs_seen:
        return kept("it answered pong", pongs_seen[0])
    return broken(
        expected='{"type":"pong"}',
        seen="no answer",
        events=tuple(
            message
            for message in record.talk.messages(None, Direction.FROM_ENGINE)
            if message.type == "ping"
        ),
        remedy='Answer {"type":"ping"} with {"type":"pong"}.',
    )


MOST_STALLS = 3
"""Slow functions that are tried."""

MEANWHILE = 0.3
"""Seconds that a function must go on after a ping for the order of its answer and of the pong to
mean anything on a busy machine."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A WebSocket ping sent ``at`` seconds, while a slow invocation ran."""

    slow: Invocation
    payload: bytes
    at: float


@trial(Worker.CALLING)
async def pinged_while_busy(harness: Harness) -> Busy:
    """Send a WebSocket ping while a slow invocation runs.

    A worker that is short of CPU time may miss the first one; for the second one it then has as
    long as a worker may take for an answer.
    """
    busy = await _ping_amidst(harness, 1800, b"still there?")
    if _pong_came_first(harness.talk, harness.transcript.events, busy):
        return busy
    return await _ping_amidst(harness, 6000, b"and now?")


@trial(Worker.OWN)
async def pinged_while_stalled(harness: Harness) -> Busy:
    """Send a WebSocket ping while a function runs that seemed to keep the worker from answering."""
    stalls = harness.baseline.knowledge.stalls
    if not stalls:
        raise Inconclusive("no function was seen to keep the worker from answering pings")
    await harness.worker.start()
    await harness.presence.ready()
    for number, (function_id, data) in enumerate(stalls[:MOST_STALLS]):
        slow = harness.invoker.invoke(function_id, data)
        # It may have been slow once only: then it does not show anything.
        if await harness.until(lambda s=slow: harness.invoker.replies(s), 0.4, patient=False):  # type: ignore[misc]
            continue
        busy = await _pinged(harness, slow, f"stalled {number}?".encode())
        answers = harness.talk.answers(slow.id)
        if answers and answers[0].at < busy.at + MEANWHILE:
            continue
        if not _pong_came_first(harness.talk, harness.transcript.events, busy):
            return busy
    raise Inconclusive("functions that were slow did not keep the worker from answering pings")


async def _ping_amidst(harness: Harness, milliseconds: int, payload: bytes) -> Busy:
    harness.invoker.can_sleep()
    slow = harness.invoker.sleep(milliseconds)
    # The stimulus is a ping during the handler's work, not before it began.
    await harness.until(lambda: bool(harness.invoker.replies(slow)), 0.2, patient=False)
    return await _pinged(harness, slow, payload)


async def _pinged(harness: Harness, slow: Invocation, payload: bytes) -> Busy:
    at = harness.transcript.now()
    harness.connection(slow.connection).send_frame(Frame(Opcode.PING, payload))
    await harness.invoker.reply(slow, harness.pace.handler)
    await harness.until(
        lambda: pongs(harness.transcript.events, slow.connection, payload), harness.pace.stray
    )
    return Busy(slow, payload, at)


def _pong_came_first(talk: Conversation, events: Sequence[Event], busy: Busy) -> bool:
    answers = talk.answers(busy.slow.id)
    ponged = pongs(events, busy.slow.connection, busy.payload)
    return bool(ponged and answers and ponged[0].at < answers[0].at)


@check("RDY-004", pinged_while_busy, pinged_while_stalled)
def answers_pings_while_busy(*records: Record[Busy]) -> Finding:
    """A proxy closes a connection if a slow handler delays the answers to its pings."""
    return decisive(map(_answered_meanwhile, records))


def _answered_meanwhile(record: Record[Busy]) -> Finding:
    busy = record.result
    if _pong_came_first(record.talk, record.events, busy):
        return kept("the pong came before the slow answer")
    answers = record.talk.answers(busy.slow.id)
    ponged = pongs(record.events, busy.slow.connection, busy.payload)
    return broken(
        expected=f"a pong before the answer of the slow invocation of {busy.slow.function_id}",
        seen="the pong came after the answer" if ponged else "no pong",
        events=(*ponged[:1], *answers[:1]),
        remedy="Never run a handler in the task or thread that reads from the socket.",
    )
