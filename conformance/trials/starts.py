"""How many workers start at a time, and whether one can start at all while another is running.

Some workers allow only one process on a machine: they hold a lock file, or serve their health on a
fixed port. A second process exits, or waits, while the first is running. That is not a failure and
must not be reported as one: what such a start seemed to show is in doubt until it was investigated.
"""

from __future__ import annotations

import asyncio


class Starts:
    """Bounds how many workers start at a time. One that fails to start puts all starts in doubt."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore()  # until the first run has shown how many may start
        self._doubted = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._trusted = False

    def allow(self, most: int) -> None:
        """Allow this many workers to start at a time, from the next start on."""
        self._free = asyncio.Semaphore(most)

    async def begin(self) -> asyncio.Semaphore:
        """Wait until a worker may start; what is returned is to be released when it has."""
        free = self._free
        await free.acquire()
        try:
            await self._settled.wait()
        except asyncio.CancelledError:  # a trial that is ended while starts are in doubt
            free.release()
            raise
        return free

    def doubt(self) -> None:
        """Report a worker that ended by itself, or stayed silent, before it sent anything."""
        if not self._trusted:
            self._settled.clear()
            self._doubted.set()

    async def doubted(self) -> None:
        """Wait until starts are in doubt."""
        await self._doubted.wait()

    def trust(self) -> None:
        """End the doubt: it was investigated, or every worker starts alone."""
        self._trusted = True
        self._doubted.clear()
        self._settled.set()

    async def settled(self) -> None:
        """Wait until no doubt is open."""
        await self._settled.wait()
