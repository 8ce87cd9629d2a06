"""A worker that a command starts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.subject.environment import placed
from conformance.subject.place import Place, Start, Subject
from conformance.subject.process import WorkerProcess

HOST = "127.0.0.1"

SHELLS = ("sh", "bash", "dash", "zsh")
WRAPPERS = (*SHELLS, "npm", "npx", "pnpm", "yarn", "bunx", "uv", "uvx", "poetry")
"""Programs that start another one, and stand between it and the sender of signals."""


@dataclass(frozen=True, slots=True)
class Command(Subject):
    """A worker's command, with ``{url}``, ``{host}`` and ``{port}`` still in it.

    It runs in ``folder``, or in the current folder of the suite.
    """

    words: tuple[str, ...]
    text: str
    folder: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Command:
        """Split a command line as a POSIX shell does, without running one.

        Raises:
            UsageError: the line is empty or its quotes are not closed.
        """
        words = split(text, "--worker-cmd")
        if not words:
            raise UsageError(
                "--worker-cmd is empty; give the command that starts your worker, "
                'for example --worker-cmd="python my_worker.py"'
            )
        return cls(tuple(words), text)

    @property
    def described(self) -> str:
        """The command."""
        return self.text

    async def place(self) -> Place:
        """The place where engine and worker meet: this machine's loopback."""
        return ThisMachine(self)


@dataclass(frozen=True, slots=True)
class ThisMachine(Place):
    """The place of a command: this machine's loopback address."""

    command: Command
    listens_on: str = HOST
    host: str = HOST

    async def start(self, start: Start) -> WorkerProcess:
        """Execute the command.

        Raises:
            UsageError: the operating system cannot execute it.
        """
        words = placed(self.command.words, self.host, start.port, start.query)
        text, folder = self.command.text, self.command.folder
        return await WorkerProcess.start(words, text, self.host, start, folder)


def split(text: str, option: str) -> list[str]:
    """The words of an option's value, as a POSIX shell splits them.

    Raises:
        UsageError: its quotes are not closed.
    """
    try:
        return shlex.split(text)
    except ValueError as fault:
        raise UsageError(f"{option} cannot be split into words ({fault}): {text}") from None


def wrapper(text: str) -> str | None:
    """The program that stands between the suite and the worker of this command, if any.

    A shell that is told to ``exec`` the worker does not.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    name = Path(words[0]).name if words else ""
    return name if name in WRAPPERS and not any("exec " in word for word in words) else None
