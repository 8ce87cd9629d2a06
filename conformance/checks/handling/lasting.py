"""Data that no handler wants, failures by the hundred, and invocations by the thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import about
from conformance.checks.stimuli.enduring import GROWTH, LAP, Haul, long_haul
from conformance.checks.stimuli.invoking import all_answered, own_samples
from conformance.documents.trees import Path, at, places, put
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial


@check("INV-030", long_haul)
def answers_however_often(record: Record[Haul]) -> Finding:
    """A worker runs for months, so it must handle any number of invocations."""
    haul = record.result
    if haul.unanswered or record.exit_code is not None:
        return broken(
            expected=f"an answer to each of {haul.invocations} invocations",
            seen=f"{haul.unanswered} without one",
            remedy="Free whatever a handler takes, and never drop an invocation under load.",
        )
    return kept(f"{haul.invocations} invocations answered")


@check("INV-033", long_haul)
def does_not_grow(record: Record[Haul]) -> Finding:
    """A worker that keeps something of every invocation runs out of memory in the end."""
    haul = record.result
    if haul.unanswered:
        return inconclusive("it did not answer all of them: see INV-030")
    if haul.before is None or haul.after is None:
        return not_applicable("the size of a worker in a container is not looked at")
    memory, descriptors = haul.left
    growth = f"{memory:.0f} bytes an invocation, {descriptors} descriptors more"
    if haul.grew:
        return broken(
            expected=f"less than {GROWTH} bytes an invocation in some {LAP} of them, and as many "
            "descriptors as before",
            seen=growth,
            remedy="Forget an invocation once it is answered, and close what was opened for it.",
        )
    return kept(growth)


ODD: tuple[Any, ...] = (None, ["unexpected"], {"unexpected": None})
"""Data that few functions can use; a function may refuse any of it."""


MOST_ODD = 30
"""Functions that get it; a worker with more dispatches the rest in the same way."""


ROUNDS, AT_ONCE = 20, 25
"""Failures: enough to exhaust a pool that loses a place with each of them."""


@dataclass(frozen=True, slots=True)
class Oddities:
    """Invocations with odd data, and how the process fared."""

    invocations: tuple[Invocation, ...]
    exit_code: int | None


MOST_PLACES = 4
"""Places of a function's data that are replaced."""


def _spoiled(examples: Sequence[Any], request_format: Any) -> Iterator[Any]:
    """The data that got furthest in a function, with one place of a wrong type, or null.

    The places are those that it has, and those that only the format names.
    """
    best = examples[0] if examples else None
    had = places(best)
    for path in [path for path in had if path][:MOST_PLACES]:
        yield put(best, path, None)
        yield put(best, path, [] if not isinstance(at(best, path), list) else "text")
    for path in [path for path in _named(request_format) if path not in had][:MOST_PLACES]:
        yield put(best, path, None)
        yield put(best, path, "text")


def _named(schema: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of the innermost properties that a JSON Schema names."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        yield from [*_named(inner, (*path, name))] or [(*path, name)]


def _spoiled_for(harness: Harness, function_id: str) -> Iterator[Any]:
    registered = harness.baseline.functions[function_id]
    examples = harness.baseline.knowledge.examples(function_id)
    return _spoiled(examples, registered.get("request_format"))


@trial(Worker.OWN)
async def odd_data(harness: Harness) -> Oddities:
    """Invoke the worker's functions with data that they do not expect."""
    functions = [function_id for function_id, _ in own_samples(harness, MOST_ODD)]
    if not functions:
        return Oddities((), None)
    await harness.worker.start()
    await harness.presence.ready()
    invocations = tuple(
        harness.invoker.invoke(function_id, data)
        for function_id in functions
        for data in (*ODD, *_spoiled_for(harness, function_id))
    )
    await all_answered(harness, invocations, harness.invoker.patience(invocations))
    return Oddities(invocations, harness.worker.process.exit_code)


@check("INV-034", odd_data)
def answers_whatever_the_data(record: Record[Oddities]) -> Finding:
    """Callers make mistakes, and one that gets no answer waits for ever and holds up others."""
    if not record.result.invocations:
        return not_applicable("it registers no function that may be invoked")
    for invocation in record.result.invocations:
        if not record.talk.answers(invocation.id):
            ended = record.result.exit_code is not None
            return broken(
                expected=f"an answer of {invocation.function_id} to data it does not expect, "
                "an error for instance",
                seen="no answer, and the process ended" if ended else "no answer",
                events=about(record, invocation),
                remedy="Catch whatever a handler raises, and answer invocation_failed.",
            )
    return kept(f"{len(record.result.invocations)} invocations with odd data, each answered")


@trial(Worker.SHARED_LAST)
async def many_failures(harness: Harness) -> tuple[Invocation, ...]:
    """Invoke an unknown function hundreds of times, and ``fail`` as often if there is one."""
    if not harness.workers:
        return ()
    targets: list[tuple[str, Any]] = [(ABSENT, {})]
    if harness.invoker.plays("fail"):
        part = harness.invoker.part("fail")
        targets.append((part.function_id, part.request({})))
    invocations: list[Invocation] = []
    for _ in range(ROUNDS):
        batch = [harness.invoker.invoke(*targets[n % len(targets)]) for n in range(AT_ONCE)]
        invocations += batch
        if not await all_answered(harness, batch, harness.pace.reply):
            break
    return tuple(invocations)


@check("INV-035", many_failures)
def answers_after_many_failures(record: Record[tuple[Invocation, ...]]) -> Finding:
    """Failures that do not release a lock or a place in a pool use them all up in time."""
    invocations = record.result
    if not invocations:
        return inconclusive("the worker was not connected any more")
    for number, invocation in enumerate(invocations, 1):
        if not record.talk.answers(invocation.id):
            return broken(
                expected=f"an answer to each of {ROUNDS * AT_ONCE} invocations that fail",
                seen=f"none to number {number}",
                events=about(record, invocation),
                remedy="Give back what a handler took whether it succeeds or not.",
            )
    return kept(f"{len(invocations)} invocations that fail, each answered")
