"""Side by side: slow invocations beside quick ones and pings."""

from __future__ import annotations

from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.ready import pongs
from conformance.stage import ABSENT, Invocation, Stage
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept
from mock_engine.wire import Frame


@dataclass(frozen=True, slots=True)
class Race:
    """Slow invocations, started first, and a quick one after them."""

    slow: tuple[Invocation, ...]
    quick: Invocation
    milliseconds: int


@trial(Worker.SHARED)
async def slow_beside_quick(stage: Stage) -> Race:
    """Start several slow invocations and a quick one behind them."""
    milliseconds = 600
    sleep = stage.role("sleep")
    slow = tuple(stage.invoke(sleep, {"ms": milliseconds}) for _ in range(5))
    quick = stage.invoke(stage.baseline.pulse or ABSENT, {})
    await stage.until(
        lambda: all(stage.replies(i) for i in (*slow, quick)) or not stage.process.running,
        stage.pace.handler,
    )
    return Race(slow, quick, milliseconds)


@check("INV-008", slow_beside_quick)
def handles_invocations_in_parallel(record: Record[Race]) -> Finding:
    """One slow caller must not hold up the others."""
    race = record.result
    quick = record.talk.answers(race.quick.id)
    slow = [answers[0] for i in race.slow if (answers := record.talk.answers(i.id))]
    if not quick or len(slow) < len(race.slow):
        return broken(
            expected=f"{len(race.slow)} slow answers and a quick one",
            seen=f"{len(slow)} slow and {len(quick)} quick",
            events=record.events[-6:],
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
    return kept(f"{len(slow)} slow invocations and a quick one, side by side")


@dataclass(frozen=True, slots=True)
class Busy:
    """A WebSocket ping sent while a slow invocation ran."""

    slow: Invocation
    payload: bytes


@trial(Worker.SHARED)
async def pinged_while_busy(stage: Stage) -> Busy:
    """Send a WebSocket ping while a slow invocation runs.

    It is so slow that a worker that is held up by its neighbours still has time for the pong.
    """
    sleep, payload = stage.role("sleep"), b"still there?"
    slow = stage.invoke(sleep, {"ms": 1800})
    # The stimulus is a ping in the midst of the handler's work, not before it began.
    await stage.until(lambda: bool(stage.replies(slow)), 0.2, patient=False)
    stage.connection(slow.connection).send_frame(Frame(Opcode.PING, payload))
    await stage.reply(slow, stage.pace.handler)
    await stage.until(
        lambda: pongs(stage.transcript.events, slow.connection, payload), stage.pace.stray
    )
    return Busy(slow, payload)


@check("RDY-004", pinged_while_busy)
def answers_pings_while_busy(record: Record[Busy]) -> Finding:
    """A proxy cuts a connection whose pings wait for a slow handler."""
    busy = record.result
    answers = record.talk.answers(busy.slow.id)
    ponged = pongs(record.events, busy.slow.connection, busy.payload)
    if ponged and answers and ponged[0].at < answers[0].at:
        return kept("the pong came before the slow answer")
    return broken(
        expected="a pong before the answer of the slow invocation",
        seen="it came after it" if ponged else "none",
        events=(*ponged[:1], *answers[:1]),
        remedy="Never run a handler in the task or thread that reads from the socket.",
    )
