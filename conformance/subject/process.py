"""One run of a worker's command: start, signal, wait, kill, and what it leaves behind.

A keeper starts the command and knows every process that it started; see ``keeper.py``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from conformance.errors import UsageError
from conformance.subject.environment import environment, inherited_environment
from conformance.subject.guardian import Job, Kept, guardian
from conformance.subject.output import Output
from conformance.subject.place import Start
from conformance.subject.usage import Usage, remotes_of, usage_of


class WorkerProcess:
    """A started command. ``exit_code`` is negative for the number of a signal that ended it."""

    def __init__(self, kept: Kept, output: Output) -> None:
        self.pid = kept.pid
        self.name = f"process {kept.pid}"
        self.output = output
        self.exit_code: int | None = None
        self.exited = asyncio.Event()
        self.on_exit: list[Callable[[], None]] = []
        self._kept = kept
        self._remaining: asyncio.Future[list[int]] | None = None
        self._asking = asyncio.Lock()
        self._following = asyncio.ensure_future(self._follow())

    @classmethod
    async def start(
        cls,
        words: Sequence[str],
        text: str,
        host: str,
        start: Start,
        folder: Path | None = None,
    ) -> WorkerProcess:
        """Execute ``words``, which the user gave as ``text``, for an engine on ``host``.

        It runs in ``folder``, or in the current folder of the suite.

        Raises:
            UsageError: the operating system cannot execute it.
        """
        env = environment(
            inherited_environment(),
            host,
            start.port,
            uuid.uuid4().hex,
            start.variables,
            start.also,
            start.query,
        )
        job = Job(words, env, str(folder or Path.cwd()), start.input)
        try:
            return await cls.execute(job, start.now)
        except OSError as fault:
            raise UsageError(
                f"the worker cannot be started: {fault.strerror}: {fault.filename!r}\n"
                f"command: {text}\n"
                "It is executed directly, without a shell; for pipes, `cd` or variables give "
                "--worker-cmd=\"sh -c '…'\"."
            ) from None

    @classmethod
    async def execute(cls, job: Job, now: Callable[[], float]) -> WorkerProcess:
        """Execute a job; ``now`` is as in ``Start``.

        Raises:
            OSError: the operating system cannot execute it.
        """
        kept, pipe = await guardian().start(job)
        output = Output(now)
        try:
            await asyncio.get_running_loop().connect_read_pipe(lambda: output, pipe)
        except BaseException:  # cancelled in between: nobody else knows the process yet
            kept.close()
            pipe.close()
            raise
        return cls(kept, output)

    @property
    def running(self) -> bool:
        """Whether the started process is still running."""
        return self.exit_code is None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the started process alone, as a process supervisor does."""
        if self.running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def usage(self) -> Usage | None:
        """The resources used by it and everything it started; ``None`` once it has ended."""
        return usage_of(self.pid)

    def remotes(self) -> tuple[tuple[str, int], ...]:
        """Hosts and ports that it and everything it started are connected with, or dial."""
        return remotes_of(self.pid)

    async def remaining(self, within: float) -> tuple[str, ...]:
        """What is still running of what this command started, after ``within`` seconds at most.

        As ``name (pid 1234)``; the started process itself is among them while it runs.
        """
        async with self._asking:
            if self._following.done():
                return ()
            self._remaining = asyncio.get_running_loop().create_future()
            self._kept.ask({"remaining": within})
            found = await asyncio.shield(self._remaining)
        return tuple(f"{_name(pid)} (pid {pid})" for pid in found)

    async def kill(self) -> None:
        """Kill the command and everything it started, at once, and wait until it is gone."""
        self._kept.end()
        await asyncio.shield(self._following)  # a cancelled caller must not stop this
        self._kept.close()
        self.output.close()

    async def _follow(self) -> None:
        """Follow the messages of the keeper until it has ended."""
        while (answer := await self._kept.answer()) is not None:
            if "status" in answer:
                self._ended(answer["status"])
            elif self._remaining is not None:
                self._remaining.set_result(answer["remaining"])
        if self.running:  # somebody killed the keeper
            self._ended(-signal.SIGKILL)
        if self._remaining is not None and not self._remaining.done():
            self._remaining.set_result([])

    def _ended(self, code: int) -> None:
        self.exit_code = code
        self.exited.set()
        for listener in tuple(self.on_exit):
            listener()


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "a process"


def describe_exit(code: int) -> str:
    """An exit code in words: ``exit code 3``, or the name of the signal that ended the process."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
