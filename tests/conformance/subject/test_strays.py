"""Workers that no keeper watches any more are found."""

from __future__ import annotations

import asyncio

import psutil

from conformance.subject.command import Command
from conformance.subject.place import Start
from conformance.subject.process import WorkerProcess
from conformance.subject.strays import strays


def test_a_worker_whose_keeper_was_killed_is_a_stray() -> None:
    async def run() -> list[bool]:
        place = await Command(("sleep", "600"), "sleep").place()
        started = await place.start(Start(1, lambda: 0.0))
        assert isinstance(started, WorkerProcess)
        worker = psutil.Process(started.pid)
        keeper = worker.parent()
        assert keeper is not None
        found = [worker in list(strays())]
        keeper.kill()
        await started.exited.wait()
        found.append(worker in list(strays()))
        worker.kill()
        await started.kill()
        return found

    assert asyncio.run(run()) == [False, True]
