"""The whole life of the worker that several trials share."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial

LIFETIME = 5.0
"""Seconds after its start at which a worker without anything to keep it running has exited."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """The state of the worker after ordinary traffic, ``age`` seconds after its start."""

    age: float
    exit_code: int | None


@trial(Worker.LOOKS_BACK)
async def looking_back(harness: Harness) -> Vitals:
    """Everything that happened with the shared worker, once it has lived for a while."""
    rest = LIFETIME - harness.transcript.now()
    await harness.until(lambda: not harness.worker.running, max(rest, 0), patient=False)
    return Vitals(harness.transcript.now(), harness.worker.process.exit_code)
