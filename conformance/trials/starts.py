"""How many workers start at a time, and whether one starts at all beside another.

Some workers are alone on their machine: they hold a lock file, or serve their health on a fixed
port. Another one ends, or waits, while the first lives. That is no fault, but it must not be taken
for one either: what such a start seemed to show is doubtful until it was looked into.
"""

from __future__ import annotations

import asyncio


class Starts:
    """Bounds how many workers start at a time. One that starts badly puts all starts in doubt."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore()  # until the first run has shown how many may start
        self._doubted = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._trusted = False

    def allow(self, most: int) -> None:
        """Let this many workers start at a time, from the next start on."""
        self._free = asyncio.Semaphore(most)

    async def begin(self) -> asyncio.Semaphore:
        """Wait until a worker may start; what is returned is to be released when it has."""
        free = self._free
        await free.acquire()
        await self._settled.wait()
        return free

    def doubt(self) -> None:
        """A worker that nobody ended has ended, or is silent, before it spoke."""
        if not self._trusted:
            self._settled.clear()
            self._doubted.set()

    async def doubted(self) -> None:
        """Wait until there is a doubt."""
        await self._doubted.wait()

    def trust(self) -> None:
        """Doubt no more: it was looked into, or every worker starts alone."""
        self._trusted = True
        self._doubted.clear()
        self._settled.set()

    async def settled(self) -> None:
        """Wait until there is no open doubt."""
        await self._settled.wait()
