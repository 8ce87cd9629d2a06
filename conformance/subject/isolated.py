"""A command whose every run has its own network, so that several can use one port at a time."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.subject import namespace
from conformance.subject.command import HOST, Command
from conformance.subject.environment import placed
from conformance.subject.place import Place, Start, Subject
from conformance.subject.process import WorkerProcess

SCRIPT = (sys.executable, "-I", "-S", str(Path(namespace.__file__)))
ANSWER = 64
"""The most bytes that the holder of a namespace sends in an answer."""


@dataclass(frozen=True, slots=True)
class Isolated(Subject):
    """A command that is judged with ``--isolate``."""

    command: Command

    @property
    def text(self) -> str:
        """The command."""
        return self.command.text

    @property
    def described(self) -> str:
        """The command, and that it is isolated."""
        return f"{self.command.text} (each run in a network of its own)"

    @property
    def private_ports(self) -> bool:
        """True: that is its purpose."""
        return True

    async def place(self) -> Place:
        """A new network.

        Raises:
            UsageError: this system does not allow it.
        """
        return await asyncio.to_thread(OwnNetwork.open, self.command)


class OwnNetwork(Place):
    """A network namespace, which exists as long as the process that holds it."""

    listens_on = host = HOST

    def __init__(
        self, command: Command, holder: subprocess.Popen[bytes], control: socket.socket
    ) -> None:
        self._command = command
        self._holder = holder
        self._control = control

    @classmethod
    def open(cls, command: Command) -> OwnNetwork:
        """Make a namespace; this blocks until it is there.

        Raises:
            UsageError: this system does not allow it.
        """
        if sys.platform != "linux":
            raise UsageError(
                f"--isolate takes the network namespaces of Linux, and this is {sys.platform}; "
                "leave it out: workers that dial the default port are judged one trial at a time"
            )
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            holder = subprocess.Popen(  # noqa: S603 - our own script
                [*SCRIPT, "hold"], stdin=theirs.fileno(), start_new_session=True
            )
        place = cls(command, holder, control)
        answer = control.recv(ANSWER)
        if answer != namespace.READY:
            place.release()
            reason = answer.decode().partition(" ")[2] or "the process that holds it ended"
            raise UsageError(
                f"--isolate: this system lets no network namespace be made ({reason}); run as "
                "root, or allow unprivileged user namespaces (sysctl "
                "kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_"
                "userns=0), or leave it out: workers that dial the default port are judged one "
                "trial at a time"
            )
        return place

    def bind(self, host: str, port: int) -> socket.socket:
        """A bound socket inside the namespace.

        Raises:
            OSError: the port is taken or may not be used.
        """
        self._control.send(f"{host} {port}".encode())
        answer, descriptors, _, _ = socket.recv_fds(self._control, ANSWER, 1)
        if not descriptors:
            number = int(answer or 0)
            raise OSError(number, f"{host}:{port}: {os.strerror(number)}")
        return socket.socket(fileno=descriptors[0])

    async def start(self, start: Start) -> WorkerProcess:
        """Execute the command inside the namespace.

        Raises:
            UsageError: it cannot be executed.
        """
        words = placed(self._command.words, self.host, start.port)
        if shutil.which(words[0]) is None:
            raise UsageError(
                f"the worker cannot be started: no program: {words[0]!r}\n"
                f"command: {self._command.text}\n"
                "It is executed directly, without a shell; give a program on the PATH, or its path."
            )
        entering = [*SCRIPT, "enter", str(self._holder.pid), *words]
        return await WorkerProcess.start(entering, self._command.text, self.host, start)

    async def close(self) -> None:
        """End the holder, and with it the namespace."""
        await asyncio.to_thread(self.release)

    def release(self) -> None:
        """As ``close``; this blocks."""
        self._control.close()
        self._holder.wait()
