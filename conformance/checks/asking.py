"""Asking: several invocations at once, and the wait until all of them are answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.trials.stage import Invocation, Stage


async def all_answered(stage: Stage, asked: Iterable[Invocation], within: float) -> bool:
    """Wait until each has an answer, or the worker has ended; whether each has one."""
    invocations = tuple(asked)

    def answered() -> bool:
        return all(stage.replies(invocation) for invocation in invocations)

    await stage.until(lambda: answered() or not stage.process.running, within)
    return answered()


def is_url(stage: Stage, function_id: str) -> bool:
    """Whether the engine calls this function over HTTP, and never the worker."""
    return stage.baseline.functions[function_id].get("invocation") is not None


def own_samples(stage: Stage, most: int) -> list[tuple[str, Any]]:
    """The first functions that the worker serves itself, ``most`` at most, each with data."""
    return [(i, data) for i, data in stage.samples() if not is_url(stage, i)][:most]
