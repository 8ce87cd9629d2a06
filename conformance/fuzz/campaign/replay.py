"""Stored counterexamples, tried again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.errors import Inconclusive
from conformance.fuzz.campaign.finding import Step
from conformance.fuzz.campaign.minimiser import Inquiry
from conformance.fuzz.campaign.oracles import Observation, Suspicion
from conformance.fuzz.campaign.store import Counterexample
from conformance.fuzz.campaign.transport import Line
from conformance.fuzz.target import Input, Target
from conformance.trials.harness import Harness
from conformance.trials.trial import Trial, Worker


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it: what is still wrong, if anything, and what was seen last."""

    suspicion: Suspicion | None
    seen: Observation
    asked: int


def trial(example: Counterexample, *, exceptions: bool) -> Trial[Replay]:
    """The trial that replays a counterexample on a worker of its own."""

    async def play(harness: Harness) -> Replay:
        return await replay(harness, example.steps, exceptions=exceptions)

    return Trial(f"fuzz replay {example.path}", Worker.OWN, play)


async def replay(harness: Harness, steps: Sequence[Step], *, exceptions: bool) -> Replay:
    """Send the steps one after the other until one shows what is wrong.

    Raises:
        Inconclusive: the worker has no such function, or it may not be invoked.
    """
    targets: dict[str, Target] = {}
    for step in steps:
        body = harness.baseline.functions.get(step.function_id)
        if body is None:
            raise Inconclusive(f"the worker no longer registers {step.function_id}")
        obstacle = harness.obstacle(step.function_id)
        if obstacle is not None:
            raise Inconclusive(obstacle)
        targets[step.function_id] = Target(step.function_id, body)
    await harness.worker.start()
    await harness.presence.ready()
    line = Line(harness)

    async def restart() -> None:
        await harness.worker.process.kill()
        line.restarted()
        await harness.worker.start()
        await harness.presence.ready()

    inquiry = Inquiry(line, targets, restart, lambda _: harness.pace.handler, exceptions)
    seen: Observation | None = None
    for step in steps:
        blank = Input(step.function_id, b"", None)
        given = inquiry.with_value(blank, json.loads(step.data))
        for _ in range(step.times):
            (seen,) = await inquiry.ask([given])
            suspicion = inquiry.suspect(seen)
            if suspicion is not None:
                return Replay(suspicion, seen, inquiry.asked)
    assert seen is not None
    return Replay(None, seen, inquiry.asked)
