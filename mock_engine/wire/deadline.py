"""A time limit that can be set, moved and cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """At most one pending call at a time, in the running event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act`` after so many seconds, replacing an earlier limit."""
        self.lift()
        self._timer = self._loop.call_later(seconds, act)

    def lift(self) -> None:
        """Cancel the limit."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
