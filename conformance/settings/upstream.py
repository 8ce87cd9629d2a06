"""The real engine behind the suite, if the user names one."""

from __future__ import annotations

from typing import Protocol


class UpstreamEngine(Protocol):
    """An engine for one worker at a time; it is started when it is first needed."""

    async def url(self) -> str:
        """The address of its port for workers.

        Raises:
            OSError: it cannot be started, or is gone.
        """

    async def close(self) -> None:
        """End it, if the suite started it."""


class Upstream(Protocol):
    """What the user gave: a command that starts engines, or the address of one."""

    @property
    def described(self) -> str:
        """What the user gave, in one line for reports."""

    @property
    def parallel(self) -> int:
        """How many workers it may have at a time; one for an engine that is already running."""

    def open(self) -> UpstreamEngine:
        """An engine for a worker."""
