"""Invokes functions in two circumstances that differ in one thing, and asks if nothing differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from conformance.trials.gateway import READS
from conformance.trials.learning.knowledge import Depth, Learned, Question, Relay
from conformance.trials.learning.learner import complaint
from conformance.trials.learning.starts import is_risky
from conformance.trials.learning.worlds import (
    Outcome,
    is_request,
    of_a_request,
    of_a_store,
    of_a_value,
    plainest,
    variants,
)


class Invoking(Protocol):
    """Invokes a function, and reports the outcome."""

    async def __call__(self, function_id: str, data: Any, *, barren: bool) -> Outcome | None:
        """The outcome; ``None`` if it was no result. With ``barren``, no stored value is found."""
        ...


async def compare(
    invoke: Invoking,
    relays: Iterable[Relay],
    functions: Mapping[str, Learned],
    bindings: Iterable[Mapping[str, Any]],
) -> list[Question]:
    """The questions about all functions of a worker."""
    questions: list[Question | None] = []
    empty: list[tuple[str, Outcome]] = []
    for relay in (relay for relay in relays if relay.target in READS):
        there = await invoke(relay.function_id, relay.data, barren=False)
        absent = await invoke(relay.function_id, relay.data, barren=True)
        if there is not None and absent is not None:
            questions.append(of_a_value(relay.function_id, relay.target, absent, there))
            empty += [] if there.found else [(relay.function_id, there)]
    if all(one.depth >= Depth.RESULT for one in functions.values()):
        questions += of_a_store(empty, functions)
    for binding in bindings:
        if binding.get("trigger_type") == "http":
            questions += await _requests(invoke, functions, binding)
    return [question for question in questions if question is not None]


async def _requests(
    invoke: Invoking, functions: Mapping[str, Learned], binding: Mapping[str, Any]
) -> Sequence[Question | None]:
    """Send a function behind a route the request that it takes, and variants of it."""
    function_id = str(binding.get("function_id"))
    learned = functions.get(function_id)
    if learned is None or learned.depth < Depth.RESULT or is_risky(function_id):
        return ()
    taken = next((one for one in learned.examples if is_request(one)), None)
    plain = plainest(taken, binding.get("config"))
    changed = variants(plain, binding.get("config"))
    one = await invoke(function_id, plain, barren=False) if changed else None
    if one is None or complaint(one.result):
        return ()
    others = {part: await invoke(function_id, data, barren=False) for part, data in changed.items()}
    return [
        of_a_request(function_id, part, one, other)
        for part, other in others.items()
        if other is not None
    ]
