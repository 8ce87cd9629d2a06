"""Stored counterexamples, tried again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.documents.nodes import closest
from conformance.errors import Inconclusive
from conformance.fuzz.campaign.defect import ReplayStep
from conformance.fuzz.campaign.minimiser import Minimiser, result_of
from conformance.fuzz.campaign.oracles import Observation, Suspicion
from conformance.fuzz.campaign.references import filled_in
from conformance.fuzz.campaign.store import Counterexample
from conformance.fuzz.campaign.transport import Transport
from conformance.fuzz.target import Case, FuzzTarget
from conformance.trials.harness import Harness
from conformance.trials.trial import Trial, Worker


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome: what is still wrong, if anything, and what was seen last."""

    suspicion: Suspicion | None
    seen: Observation
    invocations: int


def trial(example: Counterexample, *, exceptions: bool) -> Trial[Replay]:
    """The trial that replays a counterexample on a worker of its own."""

    async def play(harness: Harness) -> Replay:
        return await replay(harness, example.steps, exceptions=exceptions)

    return Trial(f"fuzz replay {example.path}", Worker.OWN, play, informed=False)


async def replay(harness: Harness, steps: Sequence[ReplayStep], *, exceptions: bool) -> Replay:
    """Send the steps one after the other until one shows what is wrong.

    Raises:
        Inconclusive: the worker has no such function, or it may not be invoked.
    """
    targets: dict[str, FuzzTarget] = {}
    for step in steps:
        body = harness.baseline.functions.get(step.function_id)
        if body is None:
            hint = closest(step.function_id, harness.baseline.functions)
            raise Inconclusive(f"the worker registers no function {step.function_id}{hint}")
        obstacle = harness.obstacle(step.function_id)
        if obstacle is not None:
            raise Inconclusive(obstacle)
        targets[step.function_id] = FuzzTarget(step.function_id, body)
    await harness.worker.start()
    await harness.presence.ready()
    transport = Transport(harness)

    async def restart() -> None:
        await harness.restart()
        transport.restarted(harness)

    def patience(_: str) -> float:
        return harness.pace.handler

    minimiser = Minimiser(transport, targets, restart, patience, patience, lambda _: (), exceptions)
    seen: Observation | None = None
    results: list[object] = []
    for step in steps:
        blank = Case(step.function_id, b"", None, answer=step.answer)
        case = minimiser.with_value(blank, filled_in(json.loads(step.data), results))
        for _ in range(step.times):
            (seen,) = await minimiser.ask([case])
            suspicion = minimiser.suspect(seen)
            if suspicion is not None:
                return Replay(suspicion, seen, minimiser.invocations)
        results.append(None if seen is None else result_of(seen))
    assert seen is not None
    return Replay(None, seen, minimiser.invocations)
