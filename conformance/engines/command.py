"""An engine that the suite starts, by a command."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from conformance.engines.address import Address
from conformance.engines.engine import HOST, PORTS, SCHEMES, accepts
from conformance.errors import UsageError
from conformance.subject.command import split
from conformance.subject.environment import ADDRESS_VARIABLES, MARK, inherited_environment
from conformance.subject.guardian import Job
from conformance.subject.process import WorkerProcess, describe_exit

OPENING = 20.0
"""Seconds until an engine listens. The real one takes 0.5 s, a mock in Python 0.3 s."""

LOOK = 0.02
"""Seconds between two checks of a port that is not open yet."""

ENDING = 6.0
"""Seconds that an engine has to exit by itself."""

TRIES = 3
"""How often an engine is started with new ports: another program may take one meanwhile."""

LAST_LINES = 200
TELEMETRY_OFF = {"III_TELEMETRY_ENABLED": "false"}


@dataclass(slots=True)
class Started:
    """An engine that the suite started, with its configuration in a folder of its own."""

    address: Address
    startup: float
    process: WorkerProcess
    folder: Path

    def alive(self) -> bool:
        """Whether its process is running."""
        return self.process.running

    def log(self) -> Sequence[str]:
        """The last lines of its output."""
        return self.process.output.tail(LAST_LINES)

    def ended(self) -> str:
        """How its process ended."""
        code = self.process.exit_code
        return "" if code is None else describe_exit(code)

    async def stop(self) -> None:
        """Ask it to exit, and kill it if it does not."""
        await _end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """A command that starts an engine, with ``{config}`` in it for the configuration file."""

    words: tuple[str, ...]
    text: str
    parallel: int = 4
    factor: float = 1.0

    @classmethod
    def parse(cls, text: str, factor: float = 1.0) -> EngineCommand:
        """Split a command line as a POSIX shell does, without running one.

        Raises:
            UsageError: it is empty, its quotes are not closed, or it takes no configuration.
        """
        words = split(text, "--engine-cmd")
        if not any("{config}" in word for word in words):
            raise UsageError(
                f"--engine-cmd {text!r}: expected {{config}} in it, which becomes the path of the "
                'configuration that the engine is to use, as in --engine-cmd="iii -c {config}"'
            )
        return cls(tuple(words), text, factor=factor)

    @property
    def described(self) -> str:
        """The command."""
        return self.text

    @property
    def starts(self) -> bool:
        """True."""
        return True

    async def start(self, profile: str) -> Started:
        """Start an engine with free ports, and wait until it listens on all of them.

        Raises:
            UsageError: it cannot be executed, or does not listen.
        """
        for attempt in range(TRIES):
            try:
                return await self._start(profile)
            except UsageError:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _start(self, profile: str) -> Started:
        text = (resources.files("conformance.engines") / "profiles" / f"{profile}.yaml").read_text(
            "utf-8"
        )
        wanted = [name for name, word in PORTS.items() if f"{{{{{word}_PORT}}}}" in text]
        ports = dict(zip(wanted, free_ports(len(wanted)), strict=True))
        for name, port in ports.items():
            text = text.replace(f"{{{{{PORTS[name]}_PORT}}}}", str(port))
        folder = Path(tempfile.mkdtemp(prefix="iii-engine-"))
        config = folder / "config.yaml"
        config.write_text(text, "utf-8")
        began = time.monotonic()
        try:
            process = await self._execute(config, began)
            try:
                await self._listens(process, ports.values())
            except BaseException:
                await process.kill()
                raise
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        urls = {name: f"{SCHEMES[name]}://{HOST}:{port}" for name, port in ports.items()}
        startup = time.monotonic() - began
        return Started(Address(urls, process.pid), startup, process, folder)

    async def _execute(self, config: Path, began: float) -> WorkerProcess:
        words = [word.replace("{config}", str(config)) for word in self.words]
        env = environment(inherited_environment()) | {MARK: uuid.uuid4().hex}
        job = Job(words, env, str(Path.cwd()))
        try:
            return await WorkerProcess.execute(job, lambda: time.monotonic() - began)
        except OSError as fault:
            raise UsageError(
                f"the engine cannot be started: {fault.strerror}: {fault.filename!r}\n"
                f"command: {self.text}\n"
                "It is executed directly, without a shell; for pipes, `cd` or variables give "
                "--engine-cmd=\"sh -c '…'\"."
            ) from None

    async def _listens(self, process: WorkerProcess, ports: Iterable[int]) -> None:
        """Wait until all ports are open."""
        limit = OPENING * self.factor
        try:
            async with asyncio.timeout(limit):
                for port in ports:
                    while not await accepts(HOST, port):
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(process.exited.wait(), LOOK)
                        if not process.running:
                            raise UsageError(self._useless(process, "before it listened"))
        except TimeoutError:
            told = f"and did not listen on port {port} of its configuration within {limit:g} s"
            raise UsageError(self._useless(process, told)) from None

    def _useless(self, process: WorkerProcess, told: str) -> str:
        code = process.exit_code
        state = "runs" if code is None else f"ended with {describe_exit(code)}"
        lines = "\n".join(f"  {line}" for line in process.output.tail(10))
        return f"the engine {state} {told}\ncommand: {self.text}\n{lines}".rstrip()


def free_ports(count: int) -> list[int]:
    """Ports that were free just now."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in held]


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of an engine: without the variables for workers, and without telemetry."""
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in ADDRESS_VARIABLES and not re.match(r"OTEL_|III_WORKER|III_NAMESPACE", name)
    }
    return kept | TELEMETRY_OFF | {"PYTHONUNBUFFERED": "1"}


async def _end(process: WorkerProcess) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.exited.wait(), ENDING)
    await process.kill()
