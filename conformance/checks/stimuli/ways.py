"""Ways to lose a worker's connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from conformance.checks.stimuli.returning import back
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from mock_engine.faults import Accept, End, Open, Refuse, Reject, rule
from mock_engine.paths import TELEMETRY
from mock_engine.transcript import Accepted, Answered
from mock_engine.wire import Connection

OUTAGE = 1.6
"""Seconds without an engine. SDKs try again after 0.7 to 2 s, so that one try falls into that
time."""


REFUSALS = 5


REFUSED_FOR = 2.0
"""How many upgrades are refused, or for how many seconds, but at least one: a worker that gives up
after a few tries is found, and one that waits longer each time still comes back soon."""

REFUSED_LONG = 5.5
"""The same at the full level: two refusals of a worker that doubles its delay, one second at first,
and is back after seven."""


HELD = 1.0
"""How long the engine still believes that a lost connection is alive, in seconds."""


MIDWAY = 50
"""Messages of a replay after which it is cut off, if it is that long."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to lose the connection, proving ``requirement``.

    ``lose`` returns when nothing hinders the worker any more. ``plain`` is whether the first try to
    reconnect succeeds, so that its delay can be measured. ``seconds`` is about how long a worker is
    away that dials again after one second, and after twice as long each time.
    """

    requirement: str
    how: str
    lose: Callable[[Harness], Awaitable[None]]
    plain: bool = True
    seconds: float = 1.0


def _each(act: Callable[[Connection], None]) -> Callable[[Harness], Awaitable[None]]:
    async def lose(harness: Harness) -> None:
        for connection in harness.websockets():
            act(connection)

    return lose


LONGEST_HEADER = 14
"""Bytes before the payload of a masked frame with a length of 64 bits: RFC 6455, section 5.2."""


def _garbage(connection: Connection) -> None:
    """A text frame that is not UTF-8: RFC 6455, section 8.1, makes the worker fail the connection.

    For a library that does not check, an invalid frame follows, with a complete header, because
    some libraries check a header only when they have all of it.
    """
    connection.send_text(b"\xc3\x28\xff")
    connection.send_raw(b"\xff" * LONGEST_HEADER)


async def _refused_upgrades(harness: Harness) -> None:
    """Reset the connection and refuse upgrades, as a proxy does while its backend starts."""
    lost = harness.workers
    harness.listener.play((rule(Reject()),))

    async def refused(rounds: int, within: float, *, patient: bool) -> None:
        enough = rounds * len(lost)
        await harness.until(
            lambda: refusals(harness) >= enough or not harness.worker.running,
            within,
            patient=patient,
        )

    await _each(lambda c: c.reset())(harness)
    refused_for = REFUSED_LONG if harness.settings.full else REFUSED_FOR
    await refused(REFUSALS, refused_for, patient=False)
    await refused(1, harness.pace.reconnect, patient=True)
    harness.listener.play(())


def refusals(harness: Harness) -> int:
    """How many upgrades were refused, without those for telemetry."""
    return _upgrades(harness, lambda answer: answer.status == Reject().status)


def _upgrades(harness: Harness, fits: Callable[[Answered], bool]) -> int:
    """How many upgrades were answered so, without those for telemetry."""
    answered = [e.connection for e in harness.transcript.of(Answered) if fits(e)]
    requests = [harness.talk.requests.get(number) for number in answered]
    return sum(r is not None and r.request.path != TELEMETRY for r in requests)


async def _ended_at_accept(harness: Harness) -> None:
    """Reset the connection, and end the next TCP connections as soon as they are accepted."""
    lost, at = len(harness.talk.open), harness.transcript.now()
    harness.listener.play((rule(End(), Accept()),))

    def tries() -> int:
        return sum(event.at > at for event in harness.transcript.of(Accepted))

    await _each(lambda c: c.reset())(harness)
    await harness.until(lambda: tries() or not harness.worker.running, harness.pace.reconnect)
    # One of several may have been for telemetry; the worker's own comes at about the same time.
    await harness.until(lambda: tries() >= lost, OUTAGE, patient=False)
    harness.listener.play(())


async def engine_gone(harness: Harness, *, patient: bool = False, seconds: float = OUTAGE) -> None:
    """End the connection and refuse TCP connections for a while: the engine restarts.

    For a ``patient`` trial the while is longer on a busy machine.
    """
    harness.listener.play((rule(Refuse()),))
    await _each(lambda c: c.cut())(harness)
    await harness.until(lambda: not harness.worker.running, seconds, patient=patient)
    harness.listener.play(())


async def _held(harness: Harness) -> None:
    """End the stream to the worker while the engine still believes that the connection is alive."""
    before = tuple(harness.workers)
    old = harness.websockets()
    for connection in old:
        connection.pause_reading()
        connection.end_sending()
    await back(harness, before)
    await harness.until(lambda: not harness.worker.running, HELD, patient=False)
    for connection in old:
        connection.cut()


async def _midway(harness: Harness) -> None:
    """Reset the connection, and the next one as soon as the worker begins to replay."""
    before = set(harness.workers)
    enough = min(MIDWAY, max(1, sum(harness.presence.declared().values()) // 2))

    def begun() -> list[int]:
        return [
            n for n in harness.workers if n not in before and _length(harness.talk, n) >= enough
        ]

    await _each(lambda c: c.reset())(harness)
    await harness.until(lambda: begun() or not harness.worker.running, harness.pace.reconnect)
    for number in begun():
        harness.connection(number).reset()


async def _ended_when_open(harness: Harness) -> None:
    """Reset the connection, and end the next one of each worker with the answer to its upgrade.

    A worker that reads the answer and the end at once writes to a connection that is gone, whenever
    it writes. Midway in its replay, it may have written all of it before.
    """
    lost, at = len(harness.talk.open), harness.transcript.now()
    harness.listener.play((rule(End(), Open()),))

    def opened() -> bool:
        return _upgrades(harness, lambda answer: answer.at > at) >= lost

    await _each(lambda c: c.reset())(harness)
    await harness.until(lambda: opened() or not harness.worker.running, harness.pace.reconnect)
    harness.listener.play(())


def _length(talk: Conversation, number: int) -> int:
    return sum(1 for _ in talk.messages(number))


CODE_1000 = Way("REC-001", "a close frame with code 1000", _each(lambda c: c.close(1000)))


CODE_1001 = Way("REC-002", "a close frame with code 1001", _each(lambda c: c.close(1001)))


CODE_1011 = Way("REC-003", "a close frame with code 1011", _each(lambda c: c.close(1011)))


RESET = Way("REC-004", "a TCP reset", _each(lambda c: c.reset()))


REFUSED_UPGRADE = Way("REC-005", "refused upgrades", _refused_upgrades, False, 3.0)


CODELESS = Way("REC-013", "a close frame without a code", _each(lambda c: c.close()))


END = Way("REC-014", "the end of the TCP stream", _each(lambda c: c.cut()))


GONE = Way("REC-017", "refused TCP connections", engine_gone, False, 3.0)


ENDED_AT_ACCEPT = Way("REC-018", "a connection ended at once", _ended_at_accept, False, 3.0)


GARBAGE = Way("REC-019", "bytes that are no WebSocket traffic", _each(_garbage))


CODE_4000 = Way("REC-020", "a close frame with code 4000", _each(lambda c: c.close(4000)))


HELD_ON = Way("REC-022", "a loss that the engine noticed late", _held, False, 2.0)


CUT_MIDWAY = Way("REC-023", "a loss in the midst of its replay", _midway, False, 2.0)


ENDED_WHEN_OPEN = Way("REC-023", "a loss together with a handshake", _ended_when_open, False, 3.0)


CODE_1008 = Way("REC-025", "a close frame with code 1008", _each(lambda c: c.close(1008)))


CODE_1012 = Way("REC-031", "a close frame with code 1012", _each(lambda c: c.close(1012)))


CODE_1013 = Way("REC-032", "a close frame with code 1013", _each(lambda c: c.close(1013)))
