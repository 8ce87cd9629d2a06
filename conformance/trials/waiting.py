"""Waiting for events, with a deadline that a busy machine extends."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TypeVar

from conformance.trials.load import load_factor

Seen = TypeVar("Seen")


class Notifier:
    """Wakes all waiters whenever something happens."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Event, tuple[float, float]] = {}

    def notify(self) -> None:
        """Make every waiter evaluate its condition again."""
        for waiter in self._waiting:
            waiter.set()

    @property
    def wait(self) -> tuple[float, float] | None:
        """The latest wait that is not over: when it began, by the loop's clock, and its seconds."""
        return next(reversed(tuple(self._waiting.values())), None)

    async def until(
        self,
        condition: Callable[[], Seen],
        within: float,
        *,
        patient: bool = True,
        most: float = math.inf,
    ) -> Seen:
        """Wait until ``condition()`` is true, for at most ``within`` seconds; return its value.

        It is evaluated at once, whenever something happens, and a last time when the time is up. On
        a busy machine there is more time, up to ``most`` seconds, unless ``patient`` is false: then
        the wait is part of a stimulus, not a deadline.
        """
        changed = asyncio.Event()
        began = asyncio.get_running_loop().time()
        self._waiting[changed] = (began, within)
        try:
            async with asyncio.timeout(within) as limit:
                while not (seen := condition()):
                    limit.reschedule(
                        began + min(within * (load_factor() if patient else 1.0), most)
                    )
                    changed.clear()
                    await changed.wait()
                return seen
        except TimeoutError:
            return condition()
        finally:
            del self._waiting[changed]
