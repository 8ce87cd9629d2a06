"""Several invocations at once, and the wait until all of them are answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Depth


def trace(number: int) -> str:
    """The id of a trace, another one for each number."""
    return f"4bf92f3577b34da6a3ce929d0e0e{number:04x}"


async def all_answered(harness: Harness, awaited: Iterable[Invocation], within: float) -> bool:
    """Wait until each has an answer, or the worker has ended; return whether each has one."""
    return await harness.invoker.answered(tuple(awaited), within)


def is_url(harness: Harness, function_id: str) -> bool:
    """Whether the engine calls this function over HTTP, and never the worker."""
    return harness.baseline.functions[function_id].get("invocation") is not None


def takers(harness: Harness, most: int) -> list[tuple[str, dict[str, Any]]]:
    """Those of the first ``most`` functions that returned a result for an object, with it."""
    functions = harness.baseline.knowledge.functions
    return [
        (function_id, data)
        for function_id, data in own_samples(harness, most)
        if isinstance(data, dict)
        and function_id in functions
        and functions[function_id].depth >= Depth.RESULT
    ]


def own_samples(harness: Harness, most: int) -> list[tuple[str, Any]]:
    """The first functions that the worker itself serves, at most ``most``, each with data."""
    return [(i, data) for i, data in harness.invoker.samples() if not is_url(harness, i)][:most]
