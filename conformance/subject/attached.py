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
    """The worker that dials this port. The suite neither starts, signals nor kills it."""

    port: int

    @property
    def text(self) -> str:
        """The port on which it is awaited."""
        return f"whoever dials {url(HOST, self.port)}"

    @property
    def described(self) -> str:
        """The port on which it is awaited, and that it is time to start it."""
        return f"{self.text}; start it now"

    @property
    def starts(self) -> bool:
        """False: what needs a fresh worker, or its process, is not verified."""
        return False

    async def place(self) -> Place:
        """The port.

        Raises:
            UsageError: it is taken.
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
        """A socket on the port that the worker dials, whichever ``port`` is given."""
        del port
        return bound(host, self.port)

    async def start(self, start: Start) -> AttachedWorker:
        """Nothing is started: the worker comes by itself."""
        return AttachedWorker(Output(start.now))


class AttachedWorker:
    """A worker that is running as far as can be known from here."""

    name = "the attached worker"

    def __init__(self, output: Output) -> None:
        self.output = output
        self.exit_code: int | None = None
        self.exited = asyncio.Event()
        self.on_exit: list[Callable[[], None]] = []

    @property
    def running(self) -> bool:
        """True, as far as can be known from here."""
        return True

    def send_signal(self, number: signal.Signals) -> None:
        """It gets no signals from here.

        Raises:
            Inconclusive: always.
        """
        raise Inconclusive(f"this takes a worker that the suite starts, to send it {number.name}")

    def usage(self) -> Usage | None:
        """``None``: its process is not known."""
        return None

    def remotes(self) -> tuple[tuple[str, int], ...]:
        """None known: its process is not known."""
        return ()

    async def remaining(self, within: float) -> tuple[str, ...]:
        """None that is known of."""
        del within
        return ()

    async def kill(self) -> None:
        """Do nothing: the worker is left running."""
