"""The interface through which the suite starts and controls a worker, whatever it runs in.

A *subject* is what the user gave: a command, or an image. A *place* is where one engine and one
worker of the subject meet: it says where the engine listens, what the worker dials, and starts
the worker. A *run* is a started worker.

The defaults here are what most subjects have in common: one set of ports, the machine's own, and a
worker that the suite starts.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from conformance.subject.output import Output
from conformance.subject.usage import Usage
from mock_engine.wire.listener import bound


@dataclass(frozen=True, slots=True)
class Start:
    """How a worker is started: where its engine listens, and what is in its environment.

    ``now`` gives the transcript's time in seconds, for the lines of the output; ``variables`` are
    further names that get the address, ``also`` contains any others; ``query`` is appended to the
    address. Its standard input is at its end, as under a supervisor, unless ``input`` keeps it
    open.
    """

    port: int
    now: Callable[[], float]
    variables: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    input: bool = False


class Run(Protocol):
    """A started worker. ``exit_code`` is negative for the number of a signal that ended it.

    ``name`` distinguishes it from other runs; the listeners in ``on_exit`` are called when the
    started process has ended.
    """

    name: str
    output: Output
    exit_code: int | None
    exited: asyncio.Event
    on_exit: list[Callable[[], None]]

    @property
    def running(self) -> bool:
        """Whether the started process is still running."""

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the started process alone, as a supervisor does."""

    def usage(self) -> Usage | None:
        """The resources that it uses on this machine; ``None`` if that is not known here."""

    def remotes(self) -> tuple[tuple[str, int], ...]:
        """Hosts and ports that it is connected with, if that can be known from here."""

    async def remaining(self, within: float) -> tuple[str, ...]:
        """What is still running after ``within`` seconds of everything started, in words."""

    async def kill(self) -> None:
        """Kill the worker and everything it started, at once, and wait until it is gone."""


class Place(Protocol):
    """Where one engine and one worker meet.

    ``listens_on`` is the host that the engine listens on, ``host`` the name or number under
    which the worker reaches it.
    """

    @property
    def listens_on(self) -> str:
        """The address that the engine listens on."""

    @property
    def host(self) -> str:
        """The host that the worker dials."""

    def bind(self, host: str, port: int) -> socket.socket:
        """A bound socket for the engine.

        Raises:
            OSError: the port is taken or may not be used.
        """
        return bound(host, port)

    async def start(self, start: Start) -> Run:
        """Start the worker.

        Raises:
            UsageError: it cannot be started.
        """

    async def close(self) -> None:
        """Release what the place holds, if anything; every run in it has been killed."""
        return


class Subject(Protocol):
    """The worker as the user gave it."""

    @property
    def text(self) -> str:
        """What the user gave."""

    @property
    def described(self) -> str:
        """What the user gave, and how it is reached, in one line for reports."""

    @property
    def private_ports(self) -> bool:
        """Whether each place has ports of its own, the default port among them."""
        return False

    @property
    def starts(self) -> bool:
        """Whether the suite starts the worker, as often as it takes; else somebody does, once."""
        return True

    async def place(self) -> Place:
        """A new place for an engine and a worker.

        Raises:
            UsageError: this system does not allow it.
        """
