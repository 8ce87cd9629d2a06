"""Waiting for the next event."""

from __future__ import annotations

import asyncio

from conformance.trials.waiting import Notifier


async def _looked_at() -> tuple[object, object, object]:
    notifier, over = Notifier(), False
    before = notifier.wait
    waiting = asyncio.ensure_future(notifier.until(lambda: over, 60.0))
    await asyncio.sleep(0)
    during = notifier.wait
    over = True
    notifier.notify()
    assert await waiting
    return before, during and during[1], notifier.wait


def test_a_wait_can_be_looked_at_while_it_lasts() -> None:
    assert asyncio.run(_looked_at()) == (None, 60.0, None)
