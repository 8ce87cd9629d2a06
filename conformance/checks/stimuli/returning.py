"""What trials wait for after a loss: that the worker is back."""

from __future__ import annotations

from collections.abc import Collection

from conformance.trials.harness import Harness


async def back(
    harness: Harness, before: Collection[int], within: float | None = None
) -> frozenset[int]:
    """Wait until the worker has connected again; return its connections that are not in ``before``.

    There are none if it stayed away for ``within`` seconds (by default what a reconnect may take),
    or if its process ended.
    """

    def fresh() -> frozenset[int]:
        return frozenset(harness.workers).difference(before)

    await harness.until(
        lambda: fresh() or not harness.worker.running,
        harness.pace.reconnect if within is None else within,
    )
    return fresh()


async def let_it_come_back(harness: Harness) -> None:
    """Cut the worker's connections, and wait until it is back and has announced itself.

    A worker that stays away is not blamed here: REC-014 is about that.
    """
    before = set(harness.workers)
    for connection in harness.websockets():
        connection.cut()

    def back() -> bool:
        fresh = [number for number in harness.workers if number not in before]
        return bool(fresh) and all(map(harness.talk.announcements, fresh))

    await harness.until(lambda: back() or not harness.worker.running, harness.pace.reconnect)
