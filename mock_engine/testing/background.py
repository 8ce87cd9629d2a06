"""An event loop in its own thread, for callers that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

LOOK = 0.1
"""The interval in seconds between two checks: a grace period ends without any event."""

Value = TypeVar("Value")


class Background:
    """A running event loop, until ``end``."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._news: set[asyncio.Event] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the loop and wait for its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run a coroutine in the loop and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def do(self, act: Callable[[], Value]) -> Value:
        """Call a function in the loop and wait for what it returns."""

        async def once() -> Value:
            return act()

        return self.run(once())

    def until(self, condition: Callable[[], Value], within: float) -> Value:
        """Check on every event until a condition is true or time is up; return its last value."""
        return self.run(self._wait(condition, within))

    async def _wait(self, condition: Callable[[], Value], within: float) -> Value:
        news = asyncio.Event()
        self._news.add(news)
        try:
            async with asyncio.timeout(within):
                while not (seen := condition()):
                    news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), LOOK)
                return seen
        except TimeoutError:
            return condition()
        finally:
            self._news.discard(news)

    def notify(self) -> None:
        """Something happened; called in the loop."""
        for news in self._news:
            # The engine acts on an event just after its listeners were called.
            self._loop.call_soon(news.set)
