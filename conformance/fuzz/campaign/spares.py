"""Workers started in advance, so that a campaign continues at once when its worker has ended.

A spare worker is connected to an engine of its own, and complete: it shares no engine with another
process of the worker.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque

from conformance.trials.harness import Harness

MOST = max(1, min(3, (os.cpu_count() or 1) - 1))
"""Spare workers at a time: they start beside the worker that is fuzzed, on the other cores."""


class Spares:
    """Spare workers like that of ``harness``; they are started once the first one is needed.

    A worker that the suite cannot start twice at a time has no spares: it is restarted in place.
    """

    def __init__(self, harness: Harness) -> None:
        self._like = harness
        subject, baseline = harness.settings.subject, harness.baseline
        strayed = baseline.port == harness.settings.default_port
        self._possible = subject.starts and (subject.private_ports or not strayed)
        self._coming: deque[asyncio.Task[Harness]] = deque()
        self._used: list[Harness] = []
        self._ends: set[asyncio.Task[None]] = set()

    async def exchange(self, worn: Harness) -> Harness:
        """End the worker of ``worn``, and return a harness with a fresh one that is complete.

        Raises:
            Inconclusive: no worker comes up complete.
        """
        if not self._possible:
            await worn.restart()
            return worn
        end = asyncio.ensure_future(worn.worker.kill())
        self._ends.add(end)
        end.add_done_callback(self._ends.discard)
        while len(self._coming) < MOST:
            self._coming.append(asyncio.ensure_future(self._start()))
        fresh = await self._coming.popleft()
        self._coming.append(asyncio.ensure_future(self._start()))
        self._used.append(fresh)
        return fresh

    async def close(self) -> None:
        """End everything that was started here."""
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, *self._ends, return_exceptions=True)
        for task in self._coming:
            if not task.cancelled() and task.exception() is None:
                self._used.append(task.result())
        for harness in self._used:
            await harness.close()

    async def _start(self) -> Harness:
        like = self._like
        harness = Harness(like.settings, like.baseline, await like.settings.subject.place())
        try:
            await harness.worker.start()
            await harness.presence.ready()
        except BaseException:
            await harness.close()
            raise
        return harness
