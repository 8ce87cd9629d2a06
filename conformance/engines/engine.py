"""The interface of an engine being judged, whatever the user gave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from conformance.engines.address import Address

HOST = "127.0.0.1"
PORTS = {"ws": "WS", "rbac": "RBAC", "http": "HTTP", "stream": "STREAM"}
"""The addresses of an engine, and how a profile writes the port of each."""

SCHEMES = {"ws": "ws", "rbac": "ws", "http": "http", "stream": "ws"}


class Running(Protocol):
    """A running engine. ``startup`` is how long it took to listen, in seconds."""

    address: Address
    startup: float

    def alive(self) -> bool:
        """Whether it is still running, as far as that is known."""

    def log(self) -> Sequence[str]:
        """The last lines that it wrote, if they can be seen."""

    def ended(self) -> str:
        """How it ended, in words; empty while it runs."""

    async def stop(self) -> None:
        """End it, if the suite started it."""


class EngineSubject(Protocol):
    """The engine as the user gave it."""

    @property
    def parallel(self) -> int:
        """How many may run at a time."""

    @property
    def described(self) -> str:
        """What the user gave, in one line for reports."""

    @property
    def starts(self) -> bool:
        """Whether the suite starts it, as often as needed."""

    async def start(self, profile: str) -> Running:
        """An engine with the configuration of a profile.

        Raises:
            UsageError: the command cannot be used.
            Inconclusive: there is no engine with this profile.
        """


async def accepts(host: str, port: int) -> bool:
    """Whether somebody accepts connections on a port."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
