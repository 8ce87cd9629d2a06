"""Slow invocations at the same time, and a quick one behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from conformance.checks.stimuli.invoking import all_answered, trace
from conformance.requirements.verdict import Finding, broken
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Relay
from conformance.trials.traces import traceparent
from conformance.trials.trial import Worker, trial

SLOW = 5
"""Invocations that run at the same time; no SDK bounds them."""

BRIEF, LONG = 600, 2000
"""Milliseconds for which they run; the latter if a busy machine may have held them up."""


@dataclass(frozen=True, slots=True)
class Race:
    """Slow invocations, started first, and a quick one after them.

    ``others`` are slow invocations of a second function, started later, where those of the first
    came one by one: a function that was found may have a lock of its own.
    """

    slow: tuple[Invocation, ...]
    quick: Invocation
    milliseconds: int
    others: tuple[Invocation, ...] = ()


@trial(Worker.CALLING)
async def slow_beside_quick(harness: Harness) -> Race:
    """Start several slow invocations and a quick one behind them.

    A worker that is short of CPU time may fall behind once; then much slower invocations show
    whether that was the reason.
    """
    race = await _race(harness, BRIEF)
    relays = {relay.function_id for relay in harness.baseline.knowledge.relays}
    if held_up(harness.talk, race, relays) is not None:
        race = await _race(harness, LONG)
    if not came_one_by_one(harness.talk, race.slow, race.milliseconds):
        return race
    first = race.slow[0].function_id
    second = harness.invoker.relay("sleep", lambda relay: relay.function_id != first)
    return race if second is None else replace(race, others=await _slow(harness, second))


async def _slow(harness: Harness, relay: Relay) -> tuple[Invocation, ...]:
    slow = tuple(harness.invoker.sleep(BRIEF, relay) for _ in range(SLOW))
    await all_answered(harness, slow, harness.pace.handler + SLOW * BRIEF / 1000)
    return slow


async def _race(harness: Harness, milliseconds: int) -> Race:
    harness.invoker.can_sleep()
    slow = tuple(
        harness.invoker.sleep(milliseconds, traceparent=traceparent(trace(number)))
        for number in range(SLOW)
    )
    target, data = harness.invoker.answering() or (harness.baseline.pulse or ABSENT, {})
    quick = harness.invoker.invoke(target, data, traceparent=traceparent(trace(SLOW)))
    within = harness.pace.handler + SLOW * milliseconds / 1000
    await all_answered(harness, (*slow, quick), within)
    return Race(slow, quick, milliseconds)


def held_up(talk: Conversation, race: Race, relays: Collection[str]) -> Finding | None:
    """How one invocation delayed another, if it did. All must have been answered."""
    quick = talk.answers(race.quick.id)
    slow = [answers[0] for i in race.slow if (answers := talk.answers(i.id))]
    found = {i.function_id for i in race.slow} <= set(relays)
    if not quick or (len(slow) < len(race.slow) and not found):
        return broken(
            expected=f"{len(race.slow)} slow answers and a quick one",
            seen=f"{len(slow)} slow and {len(quick)} quick",
            events=(*slow, *quick)[-6:],
            remedy="Answer every invocation.",
        )
    if not slow:
        return None
    first, last = min(m.at for m in slow), max(m.at for m in slow)
    if quick[0].at > first:
        return broken(
            expected="the quick answer before the slow ones",
            seen=f"it came {quick[0].at - first:.2f} s after the first of them",
            events=(slow[0], quick[0]),
            remedy="Run each handler in a task or thread of its own.",
        )
    # A single function that was found may have a lock of its own, and be correct; not every one.
    if found and not came_one_by_one(talk, race.others, BRIEF):
        return None
    if came_one_by_one(talk, race.slow, race.milliseconds):
        return broken(
            expected=f"{len(slow)} answers at about the same time, {race.milliseconds} ms later",
            seen=f"they came one by one over {last - first:.2f} s",
            events=tuple(slow),
            remedy="Run each handler in a task or thread of its own.",
        )
    return None


def came_one_by_one(talk: Conversation, slow: Sequence[Invocation], milliseconds: int) -> bool:
    """Whether answers came a whole sleep apart; in parallel they come together."""
    times = sorted(answers[0].at for i in slow if (answers := talk.answers(i.id)))
    return len(times) > 1 and times[-1] - times[0] > milliseconds / 1000 * (len(times) - 1) * 0.75
