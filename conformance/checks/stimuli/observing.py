"""A worker that observes, and loses its connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.checks.stimuli.returning import back
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

OBSERVE, LOCAL = "observe.v1", "local-dispatch.v1"


SOURCE, TARGET = "conformance::observed", "conformance::echo"
"""A function to observe, which does not exist, and the worker's own function that is to be
notified."""


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connections of a worker that observed something, before and after a loss of them."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@trial(Worker.OWN)
async def observing_again(harness: Harness) -> Reconnected | None:
    """Make the worker observe, if it declares the feature, and cut its connection."""
    if OBSERVE not in harness.baseline.features:
        return None
    harness.engine.core.features = (OBSERVE, LOCAL)
    await harness.worker.start()
    await harness.presence.ready()
    if harness.invoker.plays("observe"):
        invocation = harness.invoker.invoke(
            harness.invoker.role("observe"), {"function_id": SOURCE, "target": TARGET}
        )
        await harness.invoker.reply(invocation)
    before = tuple(harness.workers)
    await harness.until(lambda: living_observers(harness.talk, before), harness.pace.quiet)
    if not living_observers(harness.talk, before):
        return None
    for connection in harness.websockets():
        connection.cut()
    await back(harness, before)
    await harness.presence.present(harness.pace.reply)
    wanted = set(living_observers(harness.talk, before))
    await harness.until(
        lambda: wanted <= set(living_observers(harness.talk, harness.workers)), harness.pace.reply
    )
    return Reconnected(before, tuple(harness.workers))


def living_observers(talk: Conversation, connections: Iterable[int]) -> dict[str, Message]:
    """The observers that live on these connections, by id."""
    living: dict[str, Message] = {}
    for number in connections:
        for message in talk.messages(number):
            if message.type == "observe":
                living[str(message.json.get("id"))] = message
            elif message.type == "unobserve":
                living.pop(str(message.json.get("id")), None)
    return living
