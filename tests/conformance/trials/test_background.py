"""Work in tasks that others cancel."""

from __future__ import annotations

import asyncio

import pytest

from conformance.trials.background import completed, ended


async def _cancelled_in_its_midst() -> tuple[list[str], bool]:
    going, done = asyncio.Event(), []

    async def work() -> None:
        going.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append("all of it")

    task = asyncio.ensure_future(completed(work()))
    await going.wait()
    await ended(task)
    return done, task.cancelled()


def test_work_that_must_be_completed_is_cancelled_after_it() -> None:
    assert asyncio.run(_cancelled_in_its_midst()) == (["all of it"], True)


def test_a_fault_of_the_work_is_raised() -> None:
    async def work() -> None:
        raise OSError("no such place")

    with pytest.raises(OSError, match="no such place"):
        asyncio.run(completed(work()))
