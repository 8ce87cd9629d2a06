"""One run of a worker's command: start, signal, wait, kill, and what it leaves behind.

The command runs in a session of its own, so that killing its process group reaches all it
started. Children that left the group are found by a mark in their environment.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from conformance.errors import UsageError
from conformance.subject.environment import MARK, environment, inherited_environment
from conformance.subject.output import Output
from conformance.subject.place import Start
from conformance.subject.usage import Usage, usage_of


class WorkerProcess:
    """A started command. ``exit_code`` is negative for the number of a signal that ended it."""

    def __init__(self, popen: subprocess.Popen[bytes], mark: str, output: Output) -> None:
        self.pid = popen.pid
        self.name = f"process {popen.pid}"
        self.output = output
        self.exit_code: int | None = None
        self.exited = asyncio.Event()
        self.on_exit: list[Callable[[], None]] = []
        self._popen = popen
        self._mark = mark
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._wait, args=(loop,), daemon=True).start()

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

        It runs in ``folder``, or where the suite does.

        Raises:
            UsageError: the operating system cannot execute it.
        """
        mark = uuid.uuid4().hex
        env = environment(
            inherited_environment(),
            host,
            start.port,
            mark,
            start.variables,
            start.also,
            start.query,
        )
        try:
            return await cls.execute(words, env, mark, start.now, folder)
        except OSError as fault:
            raise UsageError(
                f"the worker cannot be started: {fault.strerror}: {fault.filename!r}\n"
                f"command: {text}\n"
                "It is executed directly, without a shell; for pipes, `cd` or variables give "
                "--worker-cmd=\"sh -c '…'\"."
            ) from None

    @classmethod
    async def execute(
        cls,
        words: Sequence[str],
        env: Mapping[str, str],
        mark: str,
        now: Callable[[], float],
        folder: Path | None = None,
    ) -> WorkerProcess:
        """Execute ``words`` in an environment that has ``mark`` in it; ``now`` is as in ``Start``.

        Raises:
            OSError: the operating system cannot execute it.
        """
        popen = subprocess.Popen(  # noqa: S603, ASYNC220 - the user's command; fork and exec do not block
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
            cwd=folder,
        )
        output = Output(now)
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_read_pipe(lambda: output, popen.stdout)
        except BaseException:  # cancelled in between: nobody else knows the process yet
            os.killpg(popen.pid, signal.SIGKILL)
            popen.wait()
            raise
        return cls(popen, mark, output)

    @property
    def running(self) -> bool:
        """Whether the process that was started still runs."""
        return self.exit_code is None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the started process alone, as a process supervisor does."""
        if self.running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def usage(self) -> Usage | None:
        """What it and all that it started take; ``None`` once it has ended."""
        return usage_of(self.pid)

    async def remaining(self, within: float) -> tuple[str, ...]:
        """What still runs of all that this command started, after ``within`` seconds at most.

        As ``name (pid 1234)``; the started process itself among them while it runs.
        """
        found = self._found()
        if found:
            loop = asyncio.get_running_loop()
            wait = functools.partial(psutil.wait_procs, found, timeout=within)
            _, found = await loop.run_in_executor(None, wait)
            # An orphan that ended stays a zombie where nobody reaps it, as in many containers.
            found = [process for process in found if _runs(process)]
        return tuple(f"{_name(process)} (pid {process.pid})" for process in found)

    async def kill(self) -> None:
        """End the command and everything it started, at once, and wait until it is gone."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for process in self._found():
            with suppress(psutil.Error):
                process.kill()
        await self.exited.wait()
        self.output.close()

    def _found(self) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if _runs(process) and self._is_ours(process):
                    found.append(process)
        return found

    def _is_ours(self, process: psutil.Process) -> bool:
        if process.pid == self.pid:
            return self.running
        if os.getpgid(process.pid) == self.pid:
            return True
        return process.environ().get(MARK) == self._mark

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        code = self._popen.wait()
        with suppress(RuntimeError):  # the loop may be closed when the run was interrupted
            loop.call_soon_threadsafe(self._ended, code)

    def _ended(self, code: int) -> None:
        self.exit_code = code
        self.exited.set()
        for listener in tuple(self.on_exit):
            listener()


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
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


def undo_ignored_interrupts() -> None:
    """Give workers the ordinary disposition of SIGINT, even if this process ignores it.

    A shell lets what it starts in the background ignore SIGINT, and a process hands that on to
    all it starts; a right worker would then seem deaf. A signal that is handled is reset in a
    started process (POSIX, exec), so here it is handled by doing nothing: this process goes on
    ignoring it. Only the main thread may do so; elsewhere nothing happens.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: None)
