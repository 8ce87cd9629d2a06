"""How many workers start at a time, and what a doubt about their starts holds up."""

from __future__ import annotations

import asyncio

import pytest

from conformance.trials.starts import Starts


async def begun(starts: Starts) -> asyncio.Task[asyncio.Semaphore]:
    """A start that has got as far as it can."""
    start = asyncio.ensure_future(starts.begin())
    for _ in range(3):
        await asyncio.sleep(0)
    return start


def test_as_many_start_at_a_time_as_are_allowed() -> None:
    async def play() -> tuple[bool, bool]:
        starts = Starts()
        starts.allow(2)
        first, _second, third = [await begun(starts) for _ in range(3)]
        waited = not third.done()
        first.result().release()
        return waited, bool(await third)

    assert asyncio.run(play()) == (True, True)


def test_no_worker_starts_while_starts_are_in_doubt() -> None:
    async def play() -> tuple[bool, bool]:
        starts = Starts()
        starts.doubt()
        start = await begun(starts)
        waited = not start.done()
        starts.trust()
        return waited, bool(await start)

    assert asyncio.run(play()) == (True, True)


def test_a_start_that_is_given_up_during_a_doubt_leaves_its_place_to_the_next() -> None:
    """Else the trials that are then played one after the other would wait for ever."""

    async def play() -> bool:
        starts = Starts()
        starts.doubt()
        start = await begun(starts)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        starts.trust()
        return (await begun(starts)).done()

    assert asyncio.run(play())


def test_what_is_trusted_is_not_doubted_again() -> None:
    async def play() -> bool:
        starts = Starts()
        starts.trust()
        starts.doubt()
        return (await begun(starts)).done()

    assert asyncio.run(play())
