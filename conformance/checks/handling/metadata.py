"""Metadata, which comes beside the data of an invocation and stays apart from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.invoking import all_answered, takers
from conformance.documents.trees import Path, at, equal, find, places, where
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Part
from conformance.trials.learning.learner import complaint
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json

MOST = 8
"""Functions that are invoked without metadata and with it; the rest get it in the same way."""

ROUNDS = ((False, True), (True, False))
"""Whether metadata is there, in order, so that nothing is blamed on what the worker keeps."""

DATA = {"x": 1}
"""What ``echo`` gets."""

MARK = "conformance-metadata"
"""What the metadata holds under each name."""


@dataclass(frozen=True, slots=True)
class Beside:
    """An invocation of ``echo`` with metadata, or pairs without and with it.

    The metadata of a pair has the names that its data has, and one that it has not.
    """

    echo: tuple[Invocation, Part] | None = None
    pairs: tuple[tuple[Any, tuple[Invocation, Invocation]], ...] = ()


@trial(Worker.SHARED)
async def beside_the_data(harness: Harness) -> Beside:
    """Invoke ``echo`` with metadata, or else functions that take data, without and with it."""
    if harness.invoker.plays("echo"):
        part = harness.invoker.part("echo")
        data = part.request(DATA)
        invocation = harness.invoker.invoke(part.function_id, data, metadata={"tenant": "blue"})
        await harness.invoker.reply(invocation)
        return Beside(echo=(invocation, part))
    pairs: list[tuple[Any, tuple[Invocation, Invocation]]] = []
    for function_id, data in takers(harness, MOST):
        metadata = {**dict.fromkeys(data, MARK), MARK: MARK}
        for fields in ROUNDS:
            asked: list[Invocation] = []
            for beside in fields:
                more = {"metadata": metadata} if beside else {}
                asked.append(harness.invoker.invoke(function_id, data, **more))
                await all_answered(harness, asked, harness.invoker.patience(asked))
            without, with_metadata = (asked[fields.index(beside)] for beside in (False, True))
            pairs.append((data, (without, with_metadata)))
    if not pairs:
        raise Inconclusive("this takes a function that plays the part of conformance::echo")
    return Beside(pairs=tuple(pairs))


@check("INV-032", beside_the_data)
def keeps_metadata_out_of_the_data(record: Record[Beside]) -> Finding:
    """A handler that validates its data would refuse fields that it does not expect."""
    if record.result.echo is None:
        return _handled_alike(record)
    invocation, part = record.result.echo
    answers = record.talk.answers(invocation.id)
    if not answers:
        return inconclusive("it did not answer an invocation with metadata")
    whole = part.whole(answers[0].json.get("result"))
    if equal(whole, part.request(DATA)):
        return kept("the data came back as it was", answers[0])
    return broken(
        expected=f"the data {as_json(DATA)}, without the metadata beside it",
        seen=described(answers[0]),
        events=about(record, invocation),
        remedy=REMEDY,
    )


REMEDY = "Hand metadata to the handler apart from its data."


def _handled_alike(record: Record[Beside]) -> Finding:
    """Whether functions do the same with metadata beside their data as without."""
    told, suspects = False, dict[str, list[Invocation]]()
    for data, (without, with_metadata) in record.result.pairs:
        plain, other = (_result(record, i) for i in (without, with_metadata))
        if plain is None:
            continue
        shown = [*_shown(data, plain)]
        if other is None or any(find(other, path) == MARK for path in shown):
            suspects.setdefault(without.function_id, []).append(with_metadata)
        told = told or bool(shown)
    for function_id, seen in suspects.items():
        if len(seen) == len(ROUNDS):
            answers = record.talk.answers(seen[0].id)
            return broken(
                expected=f"the same answer of {function_id} with metadata beside its data as "
                "without",
                seen=described(answers[0]) if answers else "no answer",
                events=about(record, seen[0]),
                remedy=REMEDY,
            )
    if told:
        return kept("what came back of the data is the same with metadata beside it")
    return inconclusive("this takes a function that plays the part of conformance::echo")


def _result(record: Record[Beside], invocation: Invocation) -> tuple[Any] | None:
    """The result, in a tuple because it may be null; ``None`` without one, or if it is refused."""
    for answer in record.talk.answers(invocation.id)[:1]:
        result = answer.json.get("result")
        if answer.json.get("error") is None and not complaint(result):
            return (result,)
    return None


def _shown(data: dict[str, Any], result: Any) -> Iterator[Path]:
    """Where a result has a value of the data."""
    for path in places(data):
        value = at(data, path)
        if isinstance(value, str) and value:
            yield from where(result, value)
