"""Handlers that are made to fail."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Worker, trial


@dataclass(frozen=True, slots=True)
class FailedCall:
    """An invocation of a failing function with the error it was asked for."""

    invocation: Invocation
    code: str
    message: str


@trial(Worker.SHARED)
async def failing(harness: Harness) -> FailedCall:
    """Let the well-known function ``fail`` fail with a code of its own."""
    error = {"code": "out_of_tea", "message": "the pot is empty"}
    invocation = harness.invoker.invoke(harness.invoker.role("fail"), error)
    await harness.invoker.reply(invocation)
    return FailedCall(invocation, error["code"], error["message"])


@trial(Worker.OWN)
async def crashing(harness: Harness) -> Invocation:
    """Let the well-known function ``crash`` fail as a programming mistake does."""
    crash = harness.invoker.role("crash")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(crash, {})
    await harness.invoker.reply(invocation)
    return invocation
