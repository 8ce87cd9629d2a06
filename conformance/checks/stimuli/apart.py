"""Two invocations of one function at the same time, with different data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from conformance.checks.stimuli.invoking import all_answered
from conformance.documents.trees import at, places, put
from conformance.errors import Inconclusive
from conformance.trials.harness import Harness
from conformance.trials.holding import HeldCall, Holder
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Relay
from conformance.trials.trial import Worker, trial

MOST, MOST_OTHERS = 6, 3
"""Functions that are tried, and other data for each; every pair takes some round trips."""

ANSWER = {"conformance": "the same for all"}
"""What all calls are answered with, so that results differ by their own data alone."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Invocations of one function: two alone, one after the other, and the same two together."""

    alone: tuple[Invocation, Invocation]
    together: tuple[Invocation, Invocation]


@trial(Worker.CALLING)
async def apart(harness: Harness) -> tuple[Apart, ...]:
    """Hold the calls of two invocations with different data, and answer the later one first."""
    found = [
        await _apart(harness, relay, (relay.data, other))
        for relay in harness.invoker.relays("call")[:MOST]
        for other in islice(_others(harness, relay), MOST_OTHERS)
    ]
    if not found:
        raise Inconclusive("this takes a function that waits for calls, and takes various data")
    return tuple(found)


def _others(harness: Harness, relay: Relay) -> Iterator[Any]:
    """Other data that the function may take: another example, or one with another text."""
    examples = harness.baseline.knowledge.examples(relay.function_id)
    yield from (data for data in examples if data and data != relay.data)
    for path in places(relay.data):
        text = at(relay.data, path)
        if isinstance(text, str) and text:
            yield put(relay.data, path, f"{text}2")


async def _apart(harness: Harness, relay: Relay, data: Sequence[Any]) -> Apart:
    harness.gateway.holder = Holder(relay.concerns, _answer)
    alone: list[Invocation] = []
    for each in data:
        alone.append(harness.invoker.invoke(relay.function_id, each))
        await harness.invoker.reply(alone[-1], harness.pace.handler)
    harness.gateway.holder = holder = Holder(relay.concerns)
    together: list[Invocation] = []
    for each in data:
        together.append(harness.invoker.invoke(relay.function_id, each))
        await harness.until(lambda: len(holder.calls) >= len(together), harness.pace.stray)
    _answer_backwards(holder)
    await all_answered(harness, together, harness.pace.handler)
    return Apart((alone[0], alone[1]), (together[0], together[1]))


def _answer_backwards(holder: Holder) -> None:
    """Answer what waits, the last one first, and at once what comes later."""
    holder.answer = _answer
    for call in reversed([*holder.calls]):
        _answer(call)


def _answer(call: HeldCall) -> None:
    call.answer(ANSWER)
