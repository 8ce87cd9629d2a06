"""Ready: alive, connected, and answering the keepalive of WebSockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.requirements.verdict import Finding, broken, kept
from conformance.subject.process import describe_exit
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Direction, Ended, Event, FrameSeen, Message
from mock_engine.wire import Frame

LIFETIME = 5.0
"""Seconds after its start at which a worker that nothing keeps running has ended by itself."""


@dataclass(frozen=True, slots=True)
class State:
    """How the worker is after ordinary traffic, ``age`` seconds after its start."""

    age: float
    exit_code: int | None


@trial(Worker.SHARED_LAST)
async def looking_back(harness: Harness) -> State:
    """Everything that happened with the shared worker, once it has lived for a while."""
    rest = LIFETIME - harness.transcript.now()
    await harness.until(lambda: not harness.worker.running, max(rest, 0), patient=False)
    return State(harness.transcript.now(), harness.worker.process.exit_code)


@check("RDY-001", looking_back)
def stays_alive_and_connected(record: Record[State]) -> Finding:
    """Nothing but a drop or a signal ends a worker."""
    if record.result.exit_code is not None:
        return broken(
            expected="a process that runs until it is told to stop",
            seen=f"it ended by itself with {describe_exit(record.result.exit_code)}",
            events=record.events[-6:],
            remedy="Keep the process alive while the connection is open.",
        )
    workers = record.talk.workers
    lost = [e for e in record.events if isinstance(e, Ended) and e.connection in workers]
    if lost:
        return broken(
            expected="one connection that stays open",
            seen=f"connection #{lost[0].connection} ended: {lost[0].ending.value}",
            events=tuple(e for e in record.events if e.connection == lost[0].connection)[-6:],
            remedy="Leave the connection open; the engine sent nothing out of the ordinary.",
        )
    count = len(record.talk.live_workers)
    return kept(f"alive after {record.result.age:.1f} s, {count} connection(s) open")


@dataclass(frozen=True, slots=True)
class Ping:
    """A WebSocket ping with its payload, per connection."""

    payload: bytes
    connections: tuple[int, ...]


@trial(Worker.SHARED)
async def pinging(harness: Harness) -> Ping:
    """Send a WebSocket ping with a payload to each worker's connection."""
    ping = Ping(b"are you there?", tuple(harness.workers))
    for number in ping.connections:
        harness.connection(number).send_frame(Frame(Opcode.PING, ping.payload))
    await harness.until(
        lambda: all(pongs(harness.transcript.events, n, ping.payload) for n in ping.connections),
        harness.pace.reply,
    )
    return ping


def pongs(events: Sequence[Event], number: int, payload: bytes) -> list[FrameSeen]:
    """The pongs with ``payload`` that came on a connection."""
    return [
        e
        for e in events
        if isinstance(e, FrameSeen)
        and e.connection == number
        and e.direction is Direction.FROM_WORKER
        and e.opcode is Opcode.PONG
        and e.data == payload
    ]


@check("RDY-002", pinging)
def answers_pings(record: Record[Ping]) -> Finding:
    """Proxies and engines close connections whose pings stay unanswered (RFC 6455, 5.5.2)."""
    ping = record.result
    for number in ping.connections:
        if not pongs(record.events, number, ping.payload):
            return broken(
                expected=f"a pong with the payload {ping.payload!r}",
                seen=f"none on connection #{number}",
                events=tuple(e for e in record.events if e.connection == number)[-6:],
                remedy="Read from the socket at all times; WebSocket libraries answer pings then.",
            )
    return kept("each ping was answered with its payload")


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
    """Beside the pings of WebSockets the protocol has one of its own."""
    pongs_seen = _message_pongs(record.talk)
    if pongs_seen:
        return kept("it answered pong", pongs_seen[0])
    return broken(
        expected='{"type":"pong"}',
        seen="no answer",
        remedy='Answer {"type":"ping"} with {"type":"pong"}.',
    )
