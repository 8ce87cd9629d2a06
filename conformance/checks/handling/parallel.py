"""Several invocations at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.apart import Apart, apart
from conformance.checks.stimuli.invoking import all_answered
from conformance.checks.stimuli.racing import Race, held_up, slow_beside_quick
from conformance.documents.trees import equal
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Part
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json, shorten


@check("INV-008", slow_beside_quick)
def handles_invocations_in_parallel(record: Record[Race]) -> Finding:
    """One slow invocation must not hold up the others."""
    relays = {relay.function_id for relay in record.baseline.knowledge.relays}
    return held_up(record.talk, record.result, relays) or kept(
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
