"""The folder of a running system: its processes, their logs, and the engine's data.

``system.json`` is rewritten on every change, so that ``status``, ``stop`` and ``chat`` know what
``start`` does in another terminal.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

DEFAULT = Path(".iii-agents")
ENGINE_MODULES = ("iii-http", "iii-state", "iii-stream", "iii-queue", "iii-pubsub", "iii-cron")
LOOK = 0.05
"""The interval in seconds between checks of a process that is not a child of this one."""

STORED = ("iii-state", "iii-stream", "iii-queue")
"""The modules that store data, each in a file in the folder ``data``."""


class Folder:
    """The files of a system."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def data(self) -> Path:
        """The folder of the engine's data."""
        return self.path / "data"

    @property
    def files(self) -> Path:
        """The root folder of the tools."""
        return self.path / "files"

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.path / "logs" / f"{name}.log"

    def tail(self, name: str, lines: int) -> list[str]:
        """The last lines in the log of a process; empty if it wrote nothing."""
        try:
            with self.log(name).open(encoding="utf-8", errors="replace") as file:
                return [line.rstrip("\n") for line in deque(file, maxlen=lines)]
        except FileNotFoundError:
            return []

    def prepare(self) -> Path:
        """Create the folder with the configuration of an engine; return its path."""
        for path in (self.data, self.files, self.log("any").parent):
            path.mkdir(parents=True, exist_ok=True)
        modules: list[dict[str, Any]] = [{"name": name} for name in ENGINE_MODULES]
        for module in modules:
            if module["name"] in STORED:
                module["config"] = {
                    "adapter": {
                        "name": "builtin" if module["name"] == "iii-queue" else "kv",
                        "config": {"store_method": "file_based", "file_path": str(self.data)},
                    }
                }
        config = self.path / "engine.yaml"
        # JSON is YAML, too, and needs no extra library.
        config.write_text(json.dumps({"workers": modules}, indent=2), "utf-8")
        return config

    def write(self, system: dict[str, Any]) -> None:
        """Publish the state of the system; readers see either all of it or the earlier state."""
        whole = self.path / "system.json"
        part = whole.with_suffix(".part")
        part.write_text(json.dumps(system, indent=2), "utf-8")
        part.replace(whole)

    def read(self) -> dict[str, Any] | None:
        """The state that was written last, or ``None``."""
        try:
            system = json.loads((self.path / "system.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return system if isinstance(system, dict) else None

    def running(self) -> dict[str, Any] | None:
        """The state that was written last, if its supervisor still runs."""
        system = self.read()
        return system if system and alive(system) else None


def identity(pid: int) -> dict[str, Any]:
    """The identity of a process: its number alone may be reused after its end."""
    try:
        return {"pid": pid, "born": psutil.Process(pid).create_time()}
    except psutil.Error:
        return {"pid": None, "born": None}


def alive(told: dict[str, Any]) -> psutil.Process | None:
    """The process with an identity, if it still runs."""
    try:
        process = psutil.Process(told["pid"])
        same = process.create_time() == told["born"] and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, TypeError, ValueError):
        return None
    return process if same else None


def end(told: dict[str, Any], *, kill: bool = False) -> None:
    """Ask the process with an identity to end, or kill it; do nothing if it has ended."""
    process = alive(told)
    if process is not None:
        with suppress(psutil.NoSuchProcess):
            process.kill() if kill else process.terminate()


def ended(told: Sequence[dict[str, Any]], seconds: float) -> bool:
    """Wait until all processes with these identities have ended; return whether they did in time.

    A zombie, whose parent has not yet collected its exit code, counts as ended.
    """
    deadline = time.monotonic() + seconds
    while any(alive(each) for each in told):
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK)
    return True


def own_identity() -> dict[str, Any]:
    """The identity of this process."""
    return identity(os.getpid())
