"""A worker that somebody else starts, such as a debugger: the suite waits for it on a port."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

from conformance.errors import Inconclusive, UsageError
from conformance.subject.command import HOST
from conformance.subject.environment import url
from conformance.subject.output import Output
from conformance.subject.place import Place, Start, Subject
from conformance.subject.usage import Usage
from mock_engine.wire.listener import bound


@dataclass(frozen=True, slots=True)
class Attached(Subject):
    """Whoever dials this port. It is neither started, nor signalled, nor ended by the suite."""

    port: int

    @property
    def text(self) -> str:
        """Where it is awaited."""
        return f"whoever dials {url(HOST, self.port)}"

    @property
    def described(self) -> str:
        """Where it is awaited, and that it is time."""
        return f"{self.text}; start it now"

    @property
    def starts(self) -> bool:
        """No: what takes a fresh worker, or its process, is not verified."""
        return False

    async def place(self) -> Place:
        """The port.

        Raises:
            UsageError: something else has it.
        """
        try:
            bound(HOST, self.port).close()
        except OSError as fault:
            raise UsageError(f"--worker-attach: {fault.strerror}; name another port") from None
        return Port(self.port)


@dataclass(frozen=True, slots=True)
class Port(Place):
    """The place of an attached worker."""

    port: int
    listens_on: str = HOST
    host: str = HOST

    def bind(self, host: str, port: int) -> socket.socket:
        """A socket on the port that the worker dials, whatever ``port`` is asked for."""
        del port
        return bound(host, self.port)

    async def start(self, start: Start) -> AttachedWorker:
        """Nothing is started: the worker comes by itself."""
        return AttachedWorker(Output(start.now))


class AttachedWorker:
    """A worker that runs as far as anybody here can know."""

    name = "the attached worker"

    def __init__(self, output: Output) -> None:
        self.output = output
        self.exit_code: int | None = None
        self.exited = asyncio.Event()
        self.on_exit: list[Callable[[], None]] = []

    @property
    def running(self) -> bool:
        """As far as anybody here can know."""
        return True

    def send_signal(self, number: signal.Signals) -> None:
        """It gets no signals from here.

        Raises:
            Inconclusive: always.
        """
        raise Inconclusive(f"this takes a worker that the suite starts, to send it {number.name}")

    def usage(self) -> Usage | None:
        """Which process it is is not known."""
        return None

    def remotes(self) -> tuple[tuple[str, int], ...]:
        """Which process it is is not known."""
        return ()

    async def remaining(self, within: float) -> tuple[str, ...]:
        """Nothing that is known of."""
        del within
        return ()

    async def kill(self) -> None:
        """It is left alone."""
