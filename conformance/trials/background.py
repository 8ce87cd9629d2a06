"""A thread that runs an event loop, and the tasks in it, for whoever works in another thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Background:
    """An event loop in a thread of its own. All but ``kept`` is called from one other thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin to run the loop."""
        self._thread.start()

    def now(self) -> float:
        """The time of the loop's clock, in seconds."""
        return self._loop.time()

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run ``work`` in the loop, and wait for its result.

        Raises:
            Exception: whatever the work raised.
        """
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def kept(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Run ``work`` in a task that ``stop`` cancels; called in the loop."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self, finish: Callable[[], Awaitable[None]]) -> None:
        """Cancel every task, ``finish`` in the loop, and end the thread; once, if it runs."""
        if not self._thread.is_alive():
            return
        self.call(self._end(finish))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self, finish: Callable[[], Awaitable[None]]) -> None:
        await ended(*self._tasks)
        await finish()


async def ended(*tasks: asyncio.Future[Any]) -> None:
    """Cancel these, and wait until they are over."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def completed(work: Coroutine[Any, Any, None]) -> None:
    """Do the work to its end, whoever cancels it meanwhile; they are heard after that.

    Raises:
        asyncio.CancelledError: somebody cancelled it.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as asked:
            cancelled = asked
    task.result()
    if cancelled is not None:
        raise cancelled
