"""Starts with environment variables that configure a worker."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.stimuli.returning import let_it_come_back
from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment variables of a start."""

    name: str
    namespace: str
    token: str


VARIABLES = Variables("conformance-given-name", "conformance-blue", "conformance-token")


OWN, OTHER = "conformance::in-the-own-namespace", "conformance::in-another-namespace"


ENGINES = "engine::functions::list"


THERE = {"namespace": "conformance-green"}


@trial(Worker.OWN)
async def configured(harness: Harness) -> Variables:
    """Start the worker with a name, a namespace and a token in its environment.

    Finally its connection is lost, so that it dials again as it dialled at first.
    """
    await harness.worker.start(
        {
            "III_WORKER_NAME": VARIABLES.name,
            "III_NAMESPACE": VARIABLES.namespace,
            "III_TOKEN": VARIABLES.token,
        }
    )
    await harness.presence.ready()
    if harness.invoker.plays("call"):
        errands = ({"function_id": OWN}, {"function_id": ENGINES}, {"function_id": OTHER, **THERE})
        calls = [
            harness.invoker.invoke(harness.invoker.role("call"), {**each, "data": {}})
            for each in errands
        ]
        await harness.until(
            lambda: all(harness.invoker.replies(call) for call in calls), harness.pace.reply
        )
    for relay in harness.invoker.relays("call"):
        await harness.invoker.reply(harness.invoker.invoke(relay.function_id, relay.data))
    await let_it_come_back(harness)
    return VARIABLES


@trial(Worker.OWN)
async def blank_environment(harness: Harness) -> None:
    """Start the worker with a blank name and a blank namespace in its environment."""
    await harness.worker.start({"III_NAMESPACE": "  ", "III_WORKER_NAME": " "})
    await harness.presence.ready()
