"""What comes with an invocation besides its data, and what the engine adds to it."""

from __future__ import annotations

from typing import Any

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.invoking import all_answered, trace
from conformance.checks.stimuli.racing import Race, slow_beside_quick
from conformance.documents.trees import equal
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Part
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction

MOST_PAIRS = 50
"""Functions that are invoked twice; a worker of thousands shows nothing more with the rest."""


@trial(Worker.SHARED)
async def with_caller_id(harness: Harness) -> tuple[tuple[Invocation, Invocation], ...]:
    """Invoke each function as it is, and with the id that the engine adds to object data."""
    pairs: list[tuple[Invocation, Invocation]] = []
    for function_id, data in harness.invoker.samples():
        if isinstance(data, dict) and len(pairs) < MOST_PAIRS:
            marked = {**data, "_caller_worker_id": "0b7e1a52-0000-4000-8000-00000000000a"}
            pairs.append(
                (
                    harness.invoker.invoke(function_id, data),
                    harness.invoker.invoke(function_id, marked),
                )
            )
    invocations = [invocation for pair in pairs for invocation in pair]
    await all_answered(harness, invocations, harness.invoker.patience(invocations))
    return tuple(pairs)


@check("INV-018", with_caller_id)
def takes_the_callers_id(record: Record[tuple[tuple[Invocation, Invocation], ...]]) -> Finding:
    """The engine adds ``_caller_worker_id`` to the data of every call that a worker makes."""
    judged = 0
    for plain, marked in record.result:
        first, second = (record.talk.answers(i.id)[:1] for i in (plain, marked))
        if not first or first[0].json.get("error") is not None:
            continue
        judged += 1
        if not second or second[0].json.get("error") is not None:
            return broken(
                expected=f"the result of {marked.function_id}, as without _caller_worker_id",
                seen=described(second[0]) if second else "no answer",
                events=about(record, marked),
                remedy="Allow further properties in the schema that data is checked against.",
            )
    if not judged:
        return inconclusive("no function took its sample as an object")
    return kept(f"{judged} functions took it")


@trial(Worker.SHARED)
async def with_metadata(harness: Harness) -> tuple[Invocation, Any, Part, Invocation]:
    """Invoke the well-known function ``metadata`` with metadata besides its data, then without."""
    metadata = {"tenant": "blue", "n": [1, None]}
    part = harness.invoker.part("metadata")
    invocation = harness.invoker.invoke(part.function_id, part.request({"x": 1}), metadata=metadata)
    await harness.invoker.reply(invocation)
    without = harness.invoker.invoke(part.function_id, part.request({"x": 1}))
    await harness.invoker.reply(without)
    return invocation, metadata, part, without


@check("INV-019", with_metadata)
def hands_metadata_to_the_handler(
    record: Record[tuple[Invocation, Any, Part, Invocation]],
) -> Finding:
    """Trigger bindings put information that the handler needs into the metadata."""
    invocation, metadata, part, without = record.result
    answers = record.talk.answers(invocation.id)
    result = answers[0].json.get("result") if answers else None
    if equal(part.returned(result), metadata):
        later = record.talk.answers(without.id)[:1]
        returned = part.returned(later[0].json.get("result")) if later else None
        if not any(equal(returned, earlier) for earlier in _all_metadata(record)):
            return kept("it arrived beside the data", answers[0])
        return broken(
            expected="no metadata in the hands of a handler that is invoked without",
            seen=f"the metadata {as_json(returned)} of an invocation before",
            events=about(record, without),
            remedy="Keep the metadata with each invocation, not in a shared variable.",
        )
    return broken(
        expected=f"the metadata {as_json(metadata)} in the handler's hands",
        seen=described(answers[0]) if answers else "no answer",
        events=about(record, invocation),
        remedy="Pass the field `metadata` of an invocation to its handler, apart from data.",
    )


def _all_metadata(record: Record[Any]) -> list[Any]:
    """All metadata that the engine sent."""
    sent = record.talk.messages(direction=Direction.FROM_ENGINE)
    found = [m.json.get("metadata") for m in sent if m.type == "invokefunction"]
    return [metadata for metadata in found if metadata is not None]


WITHIN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@trial(Worker.SHARED)
async def within_a_trace(harness: Harness) -> Invocation:
    """Invoke within a trace."""
    target, data = harness.invoker.answering() or (ABSENT, {})
    invocation = harness.invoker.invoke(target, data, traceparent=WITHIN, baggage="team=blue")
    await harness.invoker.reply(invocation)
    return invocation


@check("INV-026", within_a_trace, slow_beside_quick)
def answers_within_the_trace(*records: Record[Any]) -> Finding:
    """The engine passes the trace of the answer on to the caller."""
    return decisive(
        _of_its_own_trace(record) if isinstance(record.result, Race) else _in_the_trace(record)
        for record in records
    )


def _of_its_own_trace(record: Record[Race]) -> Finding:
    """Whether invocations at the same time, each in a trace of its own, were told apart."""
    for number, invocation in enumerate(record.result.slow):
        expected = trace(number)
        for answer in record.talk.answers(invocation.id)[:1]:
            if expected not in str(answer.json.get("traceparent")):
                return broken(
                    expected=f"a traceparent of the trace {expected} in the answer to one of "
                    "several invocations at the same time, each in a trace of its own",
                    seen=as_json(answer.json.get("traceparent")),
                    events=about(record, invocation),
                    remedy="Keep the trace context with each handler, not in a shared variable.",
                )
    return inconclusive("each of several invocations at the same time was told from the others")


def _in_the_trace(record: Record[Invocation]) -> Finding:
    answers = record.talk.answers(record.result.id)
    if not answers:
        return inconclusive("it did not answer an invocation within a trace")
    if record.result.function_id == ABSENT:
        return inconclusive("this takes a function that is known to return a result")
    seen = answers[0].json.get("traceparent")
    if isinstance(seen, str) and seen.split("-")[1:2] == WITHIN.split("-")[1:2]:
        return kept("the answer is in the trace of its call", answers[0])
    return broken(
        expected=f"a traceparent of the trace {WITHIN.split('-')[1]} in the answer",
        seen=as_json(seen),
        events=about(record, record.result),
        remedy="Send the trace context of the handler, or that of the invocation, with its answer.",
    )
