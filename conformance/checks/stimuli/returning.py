"""A loss after which the worker is examined once more, whatever the trial is about."""

from __future__ import annotations

from conformance.trials.harness import Harness


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
