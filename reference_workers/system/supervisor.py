"""Starts an engine and the workers, keeps them running, and stops them in reverse order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from reference_workers.client import FunctionError
from reference_workers.system.calling import caller
from reference_workers.system.display import Display
from reference_workers.system.folder import Folder, identity, own_identity
from reference_workers.system.process import Phase, Supervised
from reference_workers.system.roster import ENGINE

LOOK = 0.2
"""The interval in seconds between reads of the engine's functions while workers are starting."""

PATIENCE = 5.0
"""How long the engine may take to list its functions, in seconds."""

TOLD = 15
"""The lines of a log that an error shows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start. Without a ``url`` an engine is started, with these ports; 0 is a free one."""

    names: Sequence[str]
    url: str | None = None
    port: int = 49134
    http_port: int = 3111
    stream_port: int = 3112


class Supervisor:
    """One run of the system."""

    def __init__(self, plan: Plan, folder: Folder, display: Display) -> None:
        self._plan = plan
        self._folder = folder
        self._display = display
        self._url = plan.url
        self._http: str | None = None
        self._served: dict[str, str] = {}
        self._over = asyncio.Event()
        self._engine_ready = asyncio.Event()
        self._greeted = False
        environment = _environment(os.environ, folder)
        self._engine = self._supervised(ENGINE, environment) if plan.url is None else None
        self._workers = [
            self._supervised(name, environment | {"III_WORKER_NAME": name}) for name in plan.names
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """Run the system until a signal (0), or until a process has failed for good (1)."""
        for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)):
            with suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number, self._over.set)
        with self._display:
            try:
                await self._start_engine()
                watching = asyncio.ensure_future(self._watch())
                for worker in self._workers if not self._over.is_set() else ():
                    worker.command = (sys.executable, "-m", f"reference_workers.{worker.name}")
                    worker.command = (*worker.command, str(self._url))
                    self._tasks.append(asyncio.ensure_future(worker.keep_up()))
                await self._over.wait()
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            finally:
                await self._stop()
        failed = [each for each in self._all() if each.state is Phase.FAILED]
        for each in failed:
            self._explain(each)
        return 1 if failed else 0

    def _all(self) -> list[Supervised]:
        return [*([self._engine] if self._engine else []), *self._workers]

    def _supervised(self, name: str, environment: dict[str, str]) -> Supervised:
        return Supervised(name, environment, self._folder.log(name), self._changed)

    # -- the engine ------------------------------------------------------------------------------

    async def _start_engine(self) -> None:
        """Start the engine, unless there is one already, and wait until it is ready."""
        if self._engine is None:
            return
        ports = (self._plan.port, self._plan.http_port, self._plan.stream_port)
        self._engine.command = _engine_command(self._folder, *ports)
        self._engine.on_line = self._heard
        self._tasks.append(asyncio.ensure_future(self._engine.keep_up()))
        waits = [asyncio.ensure_future(e.wait()) for e in (self._engine_ready, self._over)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def _heard(self, line: str) -> None:
        """Read the addresses that the engine prints; after all of them, the engine is ready."""
        name, _, address = line.partition(" ")
        self._served[name] = address
        if self._engine is None or not {"ready", "iii-http", "iii-stream"} <= self._served.keys():
            return
        self._url, self._http = self._served["ready"], self._served["iii-http"]
        # A restarted engine must have the same addresses.
        ports = (_port(self._served[each]) for each in ("ready", "iii-http", "iii-stream"))
        self._engine.command = _engine_command(self._folder, *ports)
        self._engine.ready(0)
        self._engine_ready.set()

    # -- the workers -----------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Ask the engine which workers are registered, and report when all are."""
        if self._url is None:
            return
        async with caller(self._url, "supervisor") as worker:
            while True:
                await asyncio.sleep(LOOK)
                if all(each.state is not Phase.STARTING for each in self._workers):
                    continue
                with suppress(FunctionError):
                    asked = worker.call("engine::functions::list", {}, seconds=PATIENCE)
                    self._listed(await asked)

    def _listed(self, answer: Any) -> None:
        rows = answer.get("functions", []) if isinstance(answer, dict) else []
        counts = Counter(row.get("worker_name") for row in rows if isinstance(row, dict))
        for worker in self._workers:
            if counts[worker.name]:
                worker.ready(counts[worker.name])
        if not self._greeted and all(w.state is Phase.READY for w in self._workers):
            self._greeted = True
            self._display.say(f"ready: {len(self._workers)} workers at {self._url}")
            if self._http is not None and "api" in self._plan.names:
                self._display.say(f"ready: {self._http}/v1/chat/completions")

    def _changed(self, process: Supervised) -> None:
        """Show a change, and write it for other terminals; a failed process ends the system."""
        self._folder.write(self._told())
        self._display.show(process, self._all())
        if process.state is Phase.FAILED:
            self._over.set()

    def _told(self) -> dict[str, Any]:
        processes = [
            {
                "name": each.name,
                "state": each.state.value,
                "functions": each.functions,
                "restarts": each.restarts.count,
                **(identity(each.pid) if each.pid else {"pid": None}),
            }
            for each in self._all()
        ]
        told = {"url": self._url, "http": self._http, "processes": processes}
        return {**own_identity(), **told}

    async def _stop(self) -> None:
        for each in reversed(self._all()):
            await each.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _explain(self, process: Supervised) -> None:
        lines = self._folder.tail(process.name, TOLD)
        told = "".join(f"\n  {line}" for line in lines) or " (it wrote nothing)"
        what = f"{process.name} could not be kept up, exit code {process.exit_code}"
        self._display.say(f"error: {what}; {self._folder.log(process.name)}:{told}")


def _environment(given: Mapping[str, str], folder: Folder) -> dict[str, str]:
    """The environment of a process: no variables for another engine, and a folder for its files."""
    kept = {name: value for name, value in given.items() if not name.startswith("III_")}
    return {"TOOLS_ROOT": str(folder.files.resolve()), "PYTHONUNBUFFERED": "1", **kept}


def _engine_command(folder: Folder, port: int, http_port: int, stream_port: int) -> list[str]:
    ports = ("--port", port, "--http-port", http_port, "--stream-port", stream_port)
    config = str(folder.path / "engine.yaml")
    engine = (sys.executable, "-m", "mock_engine", "--quiet", "--config", config)
    return [*engine, *map(str, ports)]


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
