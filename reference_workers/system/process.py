"""One supervised process: started, watched, restarted, stopped."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from reference_workers.system.restarts import Restarts

STOPPING = 15.0
"""How long a process may take to end, in seconds: a worker drains for eight, closes for two."""


class Phase(StrEnum):
    """The state of a process."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    STOPPED = "stopped"
    FAILED = "failed"


class Supervised:
    """A process and its state. ``changed`` is called on every change of state."""

    def __init__(
        self,
        name: str,
        environment: dict[str, str],
        log: Path,
        changed: Callable[[Supervised], None],
    ) -> None:
        self.name = name
        self.command: Sequence[str] = ()
        self.state = Phase.STOPPED
        self.functions = 0
        self.exit_code: int | None = None
        self.restarts = Restarts()
        self.on_line: Callable[[str], None] | None = None
        self._environment = environment
        self._log = log
        self._changed = changed
        self._process: Process | None = None
        self._ready_at: float | None = None
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The number of the process while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    def ready(self, functions: int) -> None:
        """Record that the process serves, with so many functions."""
        if self.state is Phase.STARTING:
            self._ready_at = time.monotonic()
            self.functions = functions
            self._become(Phase.READY)

    async def keep_up(self) -> None:
        """Run the process until it is stopped or has failed for good."""
        while not self._stopping.is_set():
            code = await self._once()
            if self._stopping.is_set():
                return
            ready_for = 0.0 if self._ready_at is None else time.monotonic() - self._ready_at
            self._ready_at, self.exit_code = None, code
            delay = self.restarts.ended(code, ready_for)
            if delay is None:
                self._become(Phase.FAILED)
                return
            self._become(Phase.WAITING)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def stop(self) -> None:
        """Stop the process: first with SIGTERM, after a while with SIGKILL."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOPPING)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if self.state is not Phase.FAILED:
            self._become(Phase.STOPPED)

    async def _once(self) -> int:
        """Run one process from its start to its end; return its exit code."""
        with self._log.open("ab") as log:
            try:
                # In its own session, so that Ctrl-C reaches only the supervisor, which stops in
                # order.
                self._process = await asyncio.create_subprocess_exec(
                    *self.command,
                    stdin=DEVNULL,
                    stdout=PIPE if self.on_line else log,
                    stderr=log if self.on_line else STDOUT,
                    env=self._environment,
                    start_new_session=True,
                )
            except OSError as fault:
                log.write(f"cannot be started: {fault}\n".encode())
                return 127
        self._become(Phase.STARTING)
        if self.on_line is not None and self._process.stdout is not None:
            async for line in self._process.stdout:
                self.on_line(line.decode(errors="replace").rstrip())
        return await self._process.wait()

    def _become(self, state: Phase) -> None:
        self.state = state
        if state is not Phase.READY:
            self.functions = 0
        self._changed(self)
