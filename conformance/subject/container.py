"""One run of a worker's image: a container that is started, signalled, followed and removed."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from conformance.errors import UsageError
from conformance.subject.output import Output
from conformance.subject.usage import Usage

SIGNALLED = 128
"""What container runtimes add to the number of the signal that ended the first process."""


class WorkerContainer:
    """A started container. ``exit_code`` is negative for the number of a signal that ended it.

    Its first process is the worker. When that ends, the kernel ends all others in it, so nothing
    can be left behind by a container that has stopped.
    """

    def __init__(self, container: Any, output: Output) -> None:
        self.output = output
        self.exit_code: int | None = None
        self.exited = asyncio.Event()
        self.on_exit: list[Callable[[], None]] = []
        self._container = container
        self._docker = container.get_wrapped_container()
        self.name = f"container {self._docker.short_id}"
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._follow, daemon=True).start()

    @classmethod
    async def start(cls, container: Any, image: str, now: Callable[[], float]) -> WorkerContainer:
        """Start a testcontainers container of ``image``; ``now`` gives the transcript's time.

        Raises:
            UsageError: the daemon cannot start it.
        """
        starting = asyncio.ensure_future(asyncio.to_thread(container.start))
        try:
            await asyncio.shield(starting)
        except BaseException as fault:
            # When cancelled, the thread goes on: only what it has made can be removed.
            await asyncio.wait([starting])
            starting.exception()
            await asyncio.to_thread(_remove, container)
            if isinstance(fault, Exception):
                raise UsageError(unstartable(image, fault)) from None
            raise
        return cls(container, Output(now))

    @property
    def running(self) -> bool:
        """Whether the container is running."""
        return self.exit_code is None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the first process of the container, as ``docker stop`` does."""
        if self.running:
            self._loop.run_in_executor(None, self._signal, number)

    def usage(self) -> Usage | None:
        """It runs on the machine of the daemon, which may be another one."""
        return None

    def remotes(self) -> tuple[tuple[str, int], ...]:
        """It has a network of its own, or runs on another machine."""
        return ()

    async def remaining(self, within: float) -> tuple[str, ...]:
        """What still runs in the container after ``within`` seconds, as ``name (pid 1234)``."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.exited.wait(), within)
        return () if not self.running else await asyncio.to_thread(self._processes)

    async def kill(self) -> None:
        """Remove the container with everything in it, and wait until it is gone."""
        await asyncio.to_thread(_remove, self._container)
        await self.exited.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(Exception):  # it ended by itself meanwhile
            self._docker.kill(number.name)

    def _processes(self) -> tuple[str, ...]:
        with suppress(Exception):  # it ended meanwhile
            top = self._docker.top()
            pid, command = top["Titles"].index("PID"), top["Titles"].index("CMD")
            return tuple(f"{row[command]} (pid {row[pid]})" for row in top["Processes"])
        return ()

    def _follow(self) -> None:
        """Collect the container's output, and finally how it ended."""
        code, notes = SIGNALLED + signal.SIGKILL, ""  # unless known better: it was removed
        with suppress(Exception):  # the container is removed, or the daemon gone
            for chunk in self._docker.logs(stream=True, follow=True):
                self._tell(self.output.data_received, chunk)
        with suppress(Exception):
            code = int(self._docker.wait()["StatusCode"])
            self._docker.reload()
            notes = ending(self._docker.attrs["State"])
        if notes:
            self._tell(self.output.data_received, notes.encode())
        self._tell(self._ended, code)

    def _tell(self, hear: Callable[[Any], None], what: object) -> None:
        with suppress(RuntimeError):  # the loop may be closed when the run was interrupted
            self._loop.call_soon_threadsafe(hear, what)

    def _ended(self, code: int) -> None:
        self.exit_code = exit_code(code)
        self.exited.set()
        for listener in tuple(self.on_exit):
            listener()


def exit_code(status: int) -> int:
    """The exit code of a process whose container ended with ``status``; negative for a signal."""
    number = status - SIGNALLED
    return -number if number in {each.value for each in signal.Signals} else status


def ending(state: Mapping[str, Any]) -> str:
    """What the daemon knows about a container's end besides its status, as a line; or nothing."""
    if state.get("OOMKilled"):
        return "[container] killed, because it used more memory than it may: out of memory\n"
    if state.get("Error"):
        return f"[container] {state['Error']}\n"
    return ""


def unstartable(image: str, fault: Exception) -> str:
    """Why a container did not start, and what to do."""
    reason = str(getattr(fault, "explanation", None) or fault)
    if "no command specified" in reason.lower():
        reason, remedy = "it names no command", "give the image an ENTRYPOINT or a CMD"
    elif "executable file not found" in reason or "no such file or directory" in reason:
        remedy = (
            "the first word of its ENTRYPOINT or CMD must be a file in the image; a script needs "
            "its interpreter there, and a dynamically linked program its loader"
        )
    elif "permission denied" in reason:
        remedy = "make the file of its ENTRYPOINT executable (chmod +x) in the image"
    elif "exec format error" in reason:
        remedy = "build the image for this machine's architecture"
    else:
        remedy = f"`docker run {image}` shows whether it starts without the suite"
    return f"the worker's image {image!r} cannot be started: {reason}\nNext: {remedy}."


def _remove(container: Any) -> None:
    with suppress(Exception):  # it is gone already
        container.stop()
