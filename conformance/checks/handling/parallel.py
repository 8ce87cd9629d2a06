"""Several invocations at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.apart import Apart, apart
from conformance.checks.stimuli.invoking import all_answered, trace
from conformance.documents.trees import equal
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Part, Relay
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json, shorten

SLOW = 5
"""Invocations that run at the same time; no SDK bounds them."""


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
    race = await _race(harness, 600)
    relays = {relay.function_id for relay in harness.baseline.knowledge.relays}
    if _held_up(harness.talk, race, relays) is not None:
        race = await _race(harness, 2000)
    if not _came_one_by_one(harness.talk, race.slow, race.milliseconds):
        return race
    first = race.slow[0].function_id
    second = harness.invoker.relay("sleep", lambda relay: relay.function_id != first)
    return race if second is None else replace(race, others=await _slow(harness, second))


async def _slow(harness: Harness, relay: Relay) -> tuple[Invocation, ...]:
    slow = tuple(harness.invoker.sleep(600, relay) for _ in range(SLOW))
    await all_answered(harness, slow, harness.pace.handler + SLOW * 0.6)
    return slow


async def _race(harness: Harness, milliseconds: int) -> Race:
    harness.invoker.can_sleep()
    slow = tuple(
        harness.invoker.sleep(milliseconds, traceparent=trace(number)) for number in range(SLOW)
    )
    target, data = harness.invoker.answering() or (harness.baseline.pulse or ABSENT, {})
    quick = harness.invoker.invoke(target, data, traceparent=trace(SLOW))
    within = harness.pace.handler + SLOW * milliseconds / 1000
    await all_answered(harness, (*slow, quick), within)
    return Race(slow, quick, milliseconds)


def _held_up(talk: Conversation, race: Race, relays: Collection[str]) -> Finding | None:
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
    if found and not _came_one_by_one(talk, race.others, 600):
        return None
    if _came_one_by_one(talk, race.slow, race.milliseconds):
        return broken(
            expected=f"{len(slow)} answers at about the same time, {race.milliseconds} ms later",
            seen=f"they came one by one over {last - first:.2f} s",
            events=tuple(slow),
            remedy="Run each handler in a task or thread of its own.",
        )
    return None


def _came_one_by_one(talk: Conversation, slow: Sequence[Invocation], milliseconds: int) -> bool:
    """Whether answers came a whole sleep apart; in parallel they come together."""
    times = sorted(answers[0].at for i in slow if (answers := talk.answers(i.id)))
    return len(times) > 1 and times[-1] - times[0] > milliseconds / 1000 * (len(times) - 1) * 0.75


@check("INV-008", slow_beside_quick)
def handles_invocations_in_parallel(record: Record[Race]) -> Finding:
    """One slow invocation must not hold up the others."""
    relays = {relay.function_id for relay in record.baseline.knowledge.relays}
    return _held_up(record.talk, record.result, relays) or kept(
        f"{len(record.result.slow)} slow invocations and a quick one, side by side"
    )


@dataclass(frozen=True, slots=True)
class Crowd:
    """Invocations sent at once, each with data of its own."""

    invocations: tuple[tuple[Invocation, Any], ...]
    echo: Part


@trial(Worker.SHARED)
async def crowd(harness: Harness) -> Crowd:
    """Send many invocations of ``echo`` at once, each with data of its own."""
    echo = harness.invoker.part("echo")
    invocations = []
    for n in range(100):
        data = {"number": n, "text": "x" * (n % 7)}
        invocations.append((harness.invoker.invoke(echo.function_id, echo.request(data)), data))
    await all_answered(harness, [invocation for invocation, _ in invocations], harness.pace.handler)
    return Crowd(tuple(invocations), echo)


@check("INV-031", crowd, apart)
def gives_each_its_own_answer(*records: Record[Any]) -> Finding:
    """A caller acts on the answer that it gets, even if it belongs to another call."""
    return decisive(
        _of_many(record) if isinstance(record.result, Crowd) else _of_two(record)
        for record in records
    )


def _of_two(record: Record[tuple[Apart, ...]]) -> Finding:
    """Whether two invocations at once had the results that each had alone."""
    judged = 0
    for each in record.result:
        alone = [_result(record.talk, invocation) for invocation in each.alone]
        if None in alone or equal(*alone):
            continue
        judged += 1
        for number, invocation in enumerate(each.together):
            result = _result(record.talk, invocation)
            if equal(result, alone[1 - number]):
                return broken(
                    expected=f"{shorten(as_json(alone[number]), 120)} from "
                    f"{invocation.function_id}, as with this data before",
                    seen=f"{shorten(as_json(result), 120)}, the result of the invocation with "
                    "other data at the same time",
                    events=about(record, invocation),
                    remedy="Keep the data of an invocation with its handler, not in a shared "
                    "variable that the next one overwrites while this one waits.",
                )
    if not judged:
        return inconclusive("no function that waits for calls returned what depends on its data")
    return kept(f"{judged} functions, each invoked twice at once, with the results of their data")


def _result(talk: Conversation, invocation: Invocation) -> Any:
    """The result of an invocation, in a list; ``None`` without one."""
    answers = talk.answers(invocation.id)
    if not answers or answers[0].json.get("error") is not None:
        return None
    return [answers[0].json.get("result")]


def _of_many(record: Record[Crowd]) -> Finding:
    for invocation, data in record.result.invocations:
        answers = record.talk.answers(invocation.id)
        if not answers:
            return broken(
                expected=f"an answer to each of {len(record.result.invocations)} invocations "
                "at once",
                seen=f"none to number {data['number']}",
                remedy="Answer every invocation, however many there are at a time.",
            )
        if not equal(record.result.echo.returned(answers[0].json.get("result")), data):
            return broken(
                expected=f"the result {as_json(data)} for the invocation with this data",
                seen=shorten(described(answers[0]), 120),
                events=(answers[0],),
                remedy="Keep the id of an invocation with its handler, not in a shared variable.",
            )
    return kept(f"{len(record.result.invocations)} invocations at once, each with its own answer")
