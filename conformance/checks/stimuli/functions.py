"""One invocation of each function."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.invoking import all_answered, own_samples
from conformance.errors import Inconclusive
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Worker, trial

MOST_FUNCTIONS = 200
"""Functions that are invoked; a worker of thousands shows nothing more with the rest, but its other
trials would wait for it."""


@dataclass(frozen=True, slots=True)
class Round:
    """One invocation of each registered function, and one of a function nobody registered.

    ``similar`` are invocations of functions that nobody registered either, but whose names are like
    that of one that is. ``withheld`` says why functions were not invoked, for each that was not.
    """

    known: tuple[Invocation, ...]
    unknown: Invocation
    similar: tuple[Invocation, ...] = ()
    withheld: tuple[str, ...] = ()


@trial(Worker.SHARED)
async def every_function(harness: Harness) -> Round:
    """Invoke each registered function once, with an example of its data.

    Of thousands the first ``MOST_FUNCTIONS`` are invoked. Of the well-known functions only
    ``echo`` is: the others have trials of their own.
    """
    unknown = harness.invoker.invoke(ABSENT, {"some": "data"})
    chosen = own_samples(harness, MOST_FUNCTIONS)
    known = tuple(harness.invoker.invoke(function_id, data) for function_id, data in chosen)
    await harness.invoker.reply(unknown)
    await all_answered(harness, known, harness.invoker.patience(known))
    similar: tuple[Invocation, ...] = ()
    with suppress(Inconclusive):  # it may have ended because of the unknown one
        similar = _similar(harness, chosen)
    await all_answered(harness, similar, harness.pace.reply)
    return Round(known, unknown, similar, tuple(harness.invoker.withheld()))


def _similar(harness: Harness, chosen: Sequence[tuple[str, Any]]) -> tuple[Invocation, ...]:
    """Invoke functions that nobody registered, under names like that of the first one chosen."""
    return tuple(
        harness.invoker.invoke(name, data)
        for function_id, data in chosen[:1]
        for name in (f"{function_id}::{ABSENT}", function_id.swapcase())
        if name not in harness.baseline.functions
    )
