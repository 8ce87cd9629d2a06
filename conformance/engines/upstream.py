"""A real engine that workers are judged against, with the suite as a proxy between them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from conformance.engines.engine import EngineSubject, Running
from conformance.errors import Inconclusive, UsageError

PROFILE = "main"
"""The profile of engines that the suite starts: every module."""


@dataclass(slots=True)
class Behind:
    """One engine, which is started when a worker first dials."""

    subject: EngineSubject
    profile: str
    _running: Running | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def url(self) -> str:
        """The address of its port for workers.

        Raises:
            OSError: it cannot be started, or is gone.
        """
        async with self._starting:
            if self._running is None:
                try:
                    self._running = await self.subject.start(self.profile)
                except (UsageError, Inconclusive) as fault:
                    raise OSError(str(fault)) from None
        return self._running.address.url("ws")

    async def close(self) -> None:
        """End it, if the suite started it."""
        if self._running is not None:
            await self._running.stop()


@dataclass(frozen=True, slots=True)
class EngineBehind:
    """The engine that the user gave."""

    subject: EngineSubject
    profile: str = PROFILE

    @property
    def described(self) -> str:
        """The command, or the address."""
        return self.subject.described

    @property
    def parallel(self) -> int:
        """As many workers as there are engines: two with one name would conflict."""
        return self.subject.parallel

    def open(self) -> Behind:
        """An engine for a worker."""
        return Behind(self.subject, self.profile)
