"""Functions that make a trigger of the worker's own type fire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from conformance.errors import Inconclusive
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import Part
from conformance.trials.offers import (
    BINDING,
    calls_of_the_target,
    offer,
    own_type,
    removal,
    results,
)

SHOWN = 2
"""How often a function must make it fire. In between, it must not fire for another reason."""


async def find_fire(
    harness: Harness,
    asked: Iterable[tuple[str, Any]],
    invoke: Callable[[str, Any], Awaitable[object]],
) -> list[Part]:
    """The part ``fire``, among functions with data that they take; nothing if none plays it.

    A trigger is offered meanwhile, and taken back at the end.
    """
    try:
        number, own = own_type(harness)
    except Inconclusive:
        return []

    async def fires(function_id: str, data: Any) -> bool:
        for _ in range(SHOWN):
            began = harness.transcript.now()
            await invoke(function_id, data)
            await harness.invoker.pulse()  # what it does after its answer is done before the next
            asked_nothing = harness.transcript.now()
            if not calls_of_the_target(harness.talk, began):
                return False
            await harness.invoker.pulse()
            if calls_of_the_target(harness.talk, asked_nothing):
                return False
        return True

    harness.send(number, offer(BINDING, own))
    await harness.until(
        lambda: bool(results(list(harness.talk.messages()), BINDING)), harness.pace.reply
    )
    try:
        for function_id, data in asked:
            if await fires(function_id, data):
                return [Part("fire", function_id, data, found=True)]
        return []
    finally:
        if number in harness.workers:
            harness.send(number, removal(BINDING, own))
