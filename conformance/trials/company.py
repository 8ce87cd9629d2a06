"""Whether two processes of a worker can run side by side: one more is started and observed."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.subject.process import describe_exit
from conformance.trials.harness import Harness

SECOND = 3.0
"""Seconds within which an unhindered worker sends its first message, if the first one took less."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a start went: whether the worker sent a message, and what was seen."""

    spoke: bool
    seen: str


async def attempted(harness: Harness) -> Attempt:
    """Start a worker, wait until it sends a message, exits, or has had enough time, and kill it."""
    within = harness.pace.factor * max(SECOND, 5 * harness.pace.startup)
    try:
        await harness.worker.start()
        await harness.until(lambda: harness.talk.workers or not harness.worker.running, within)
        if harness.talk.workers:
            return Attempt(True, "spoke")
        if harness.worker.exit_code is None:
            return Attempt(False, f"said nothing to the engine for {within:.0f} s")
        last = next((line for line in reversed(harness.worker.log) if line.strip()), "")
        said = f" ({last.strip()[:120]})" if last else ""
        return Attempt(False, f"ended with {describe_exit(harness.worker.exit_code)}{said}")
    finally:
        await harness.close()
