"""Handlers that are made to fail."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Worker, trial


@dataclass(frozen=True, slots=True)
class FailedCall:
    """An invocation of a failing function, with the error that it was to fail with.

    A function that was found to fail chooses its error by itself: then ``code`` and ``message``
    are empty.
    """

    invocation: Invocation
    code: str
    message: str


@trial(Worker.SHARED)
async def failing(harness: Harness) -> FailedCall:
    """Make the well-known function ``fail`` fail with a code of its own."""
    part = harness.invoker.part("fail")
    error = {"code": "out_of_tea", "message": "the pot is empty"}
    invocation = harness.invoker.invoke(part.function_id, part.request(error))
    await harness.invoker.reply(invocation)
    if part.found:
        return FailedCall(invocation, "", "")
    return FailedCall(invocation, error["code"], error["message"])


@dataclass(frozen=True, slots=True)
class Crash:
    """An invocation that crashes; if it was ``found``, it crashed before, in another process."""

    invocation: Invocation
    found: bool = False


@trial(Worker.OWN)
async def crashing(harness: Harness) -> Crash:
    """Make the well-known function ``crash`` fail as a programming mistake does."""
    crash = harness.invoker.part("crash")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(crash.function_id, crash.request({}))
    await harness.invoker.reply(invocation)
    return Crash(invocation, crash.found)
