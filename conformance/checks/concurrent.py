"""Side by side: slow invocations beside quick ones and pings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.asking import all_answered
from conformance.checks.ready import pongs
from conformance.requirements.verdict import Finding, broken, kept
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Event
from mock_engine.wire import Frame

SLOW = 5
"""Invocations that run at the same time; no SDK bounds them."""


@dataclass(frozen=True, slots=True)
class Race:
    """Slow invocations, started first, and a quick one after them."""

    slow: tuple[Invocation, ...]
    quick: Invocation
    milliseconds: int


@trial(Worker.SHARED)
async def slow_beside_quick(harness: Harness) -> Race:
    """Start several slow invocations and a quick one behind them.

    A worker that is short of processor time may fall behind once; then much slower ones tell
    whether it was that.
    """
    race = await _race(harness, 600)
    return race if _held_up(harness.talk, race) is None else await _race(harness, 2000)


async def _race(harness: Harness, milliseconds: int) -> Race:
    sleep = harness.invoker.role("sleep")
    slow = tuple(harness.invoker.invoke(sleep, {"ms": milliseconds}) for _ in range(SLOW))
    quick = harness.invoker.invoke(harness.baseline.pulse or ABSENT, {})
    within = harness.pace.handler + SLOW * milliseconds / 1000
    await all_answered(harness, (*slow, quick), within)
    return Race(slow, quick, milliseconds)


def _held_up(talk: Conversation, race: Race) -> Finding | None:
    """How one invocation held up another, if it did. All must have been answered."""
    quick = talk.answers(race.quick.id)
    slow = [answers[0] for i in race.slow if (answers := talk.answers(i.id))]
    if not quick or len(slow) < len(race.slow):
        return broken(
            expected=f"{len(race.slow)} slow answers and a quick one",
            seen=f"{len(slow)} slow and {len(quick)} quick",
            events=(*slow, *quick)[-6:],
            remedy="Answer every invocation.",
        )
    first, last = min(m.at for m in slow), max(m.at for m in slow)
    if quick[0].at > first:
        return broken(
            expected="the quick answer before the slow ones",
            seen=f"it came {quick[0].at - first:.2f} s after the first of them",
            events=(slow[0], quick[0]),
            remedy="Run each handler in a task or thread of its own.",
        )
    # Side by side they end together; one after the other they end a whole sleep apart.
    if last - first > race.milliseconds / 1000 * (len(slow) - 1) * 0.75:
        return broken(
            expected=f"{len(slow)} answers at about the same time, {race.milliseconds} ms later",
            seen=f"they came one by one over {last - first:.2f} s",
            events=tuple(slow),
            remedy="Run each handler in a task or thread of its own.",
        )
    return None


@check("INV-008", slow_beside_quick)
def handles_invocations_in_parallel(record: Record[Race]) -> Finding:
    """One slow caller must not hold up the others."""
    return _held_up(record.talk, record.result) or kept(
        f"{len(record.result.slow)} slow invocations and a quick one, side by side"
    )


@dataclass(frozen=True, slots=True)
class Busy:
    """A WebSocket ping sent while a slow invocation ran."""

    slow: Invocation
    payload: bytes


@trial(Worker.SHARED)
async def pinged_while_busy(harness: Harness) -> Busy:
    """Send a WebSocket ping while a slow invocation runs.

    A worker that is short of processor time may miss the first one; the second one then gives it
    as long as a worker may take for an answer.
    """
    busy = await _ping_amidst(harness, 1800, b"still there?")
    if _pong_came_first(harness.talk, harness.transcript.events, busy):
        return busy
    return await _ping_amidst(harness, 6000, b"and now?")


async def _ping_amidst(harness: Harness, milliseconds: int, payload: bytes) -> Busy:
    slow = harness.invoker.invoke(harness.invoker.role("sleep"), {"ms": milliseconds})
    # The stimulus is a ping in the midst of the handler's work, not before it began.
    await harness.until(lambda: bool(harness.invoker.replies(slow)), 0.2, patient=False)
    harness.connection(slow.connection).send_frame(Frame(Opcode.PING, payload))
    await harness.invoker.reply(slow, harness.pace.handler)
    await harness.until(
        lambda: pongs(harness.transcript.events, slow.connection, payload), harness.pace.stray
    )
    return Busy(slow, payload)


def _pong_came_first(talk: Conversation, events: Sequence[Event], busy: Busy) -> bool:
    answers = talk.answers(busy.slow.id)
    ponged = pongs(events, busy.slow.connection, busy.payload)
    return bool(ponged and answers and ponged[0].at < answers[0].at)


@check("RDY-004", pinged_while_busy)
def answers_pings_while_busy(record: Record[Busy]) -> Finding:
    """A proxy cuts a connection whose pings wait for a slow handler."""
    busy = record.result
    if _pong_came_first(record.talk, record.events, busy):
        return kept("the pong came before the slow answer")
    answers = record.talk.answers(busy.slow.id)
    ponged = pongs(record.events, busy.slow.connection, busy.payload)
    return broken(
        expected="a pong before the answer of the slow invocation",
        seen="it came after it" if ponged else "none",
        events=(*ponged[:1], *answers[:1]),
        remedy="Never run a handler in the task or thread that reads from the socket.",
    )
