"""The folder of a running system: who runs, what they write, and what the engine keeps.

``system.json`` is written anew with every change, so that ``status``, ``stop`` and ``chat`` know
what ``start`` does in another terminal.
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
"""Seconds between two looks at a process that is no child of this one."""

STORED = ("iii-state", "iii-stream", "iii-queue")
"""The modules that keep something, each in a file of the folder ``data``."""


class Folder:
    """Where a system keeps what it is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def data(self) -> Path:
        """What the engine keeps."""
        return self.path / "data"

    @property
    def files(self) -> Path:
        """The root folder of the tools."""
        return self.path / "files"

    def log(self, name: str) -> Path:
        """The file to which a process writes."""
        return self.path / "logs" / f"{name}.log"

    def tail(self, name: str, lines: int) -> list[str]:
        """The last lines that a process wrote; none if it wrote nothing."""
        try:
            with self.log(name).open(encoding="utf-8", errors="replace") as file:
                return [line.rstrip("\n") for line in deque(file, maxlen=lines)]
        except FileNotFoundError:
            return []

    def prepare(self) -> Path:
        """Make the folder with the configuration of an engine, and return the configuration."""
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
        # JSON is YAML, too, and needs no library to be written.
        config.write_text(json.dumps({"workers": modules}, indent=2), "utf-8")
        return config

    def write(self, system: dict[str, Any]) -> None:
        """Tell others what runs; they read all of it or the earlier state."""
        whole = self.path / "system.json"
        part = whole.with_suffix(".part")
        part.write_text(json.dumps(system, indent=2), "utf-8")
        part.replace(whole)

    def read(self) -> dict[str, Any] | None:
        """What was told last, or ``None``."""
        try:
            system = json.loads((self.path / "system.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return system if isinstance(system, dict) else None

    def running(self) -> dict[str, Any] | None:
        """What was told last, if its supervisor still runs."""
        system = self.read()
        return system if system and alive(system) else None


def identity(pid: int) -> dict[str, Any]:
    """What a process is known by: a number alone is given to others after its end."""
    try:
        return {"pid": pid, "born": psutil.Process(pid).create_time()}
    except psutil.Error:
        return {"pid": None, "born": None}


def alive(told: dict[str, Any]) -> psutil.Process | None:
    """The process of an identity, if it still runs."""
    try:
        process = psutil.Process(told["pid"])
        same = process.create_time() == told["born"] and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, TypeError, ValueError):
        return None
    return process if same else None


def end(told: dict[str, Any], *, kill: bool = False) -> None:
    """Ask the process of an identity to end, or kill it; nothing happens if it has ended."""
    process = alive(told)
    if process is not None:
        with suppress(psutil.NoSuchProcess):
            process.kill() if kill else process.terminate()


def ended(told: Sequence[dict[str, Any]], seconds: float) -> bool:
    """Wait until all processes of these identities have ended; whether they have, in time.

    One that has ended and whose parent has not asked for it yet counts as ended.
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
