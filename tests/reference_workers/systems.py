"""The whole system as a process, started as users start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reference_workers.system.folder import alive

WITHIN = 60.0
FREE = ("--port", "0", "--http-port", "0", "--stream-port", "0")
COMMAND = (sys.executable, "-m", "reference_workers")
ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("III_", "TOOLS_", "LLM_"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


class System:
    """A running ``start``, in its own folder."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.lines: list[str] = []

    def until(self, beginning: str) -> str:
        """The next line with this beginning."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith(beginning):
                return line.rstrip()
        raise AssertionError(f"it ended without {beginning!r}: {self.lines}")

    def told(self) -> dict[str, Any]:
        told = json.loads((self.folder / ".iii-agents" / "system.json").read_text("utf-8"))
        assert isinstance(told, dict)
        return told

    def pid(self, name: str) -> int:
        pids = {row["name"]: int(row["pid"]) for row in self.told()["processes"] if row["pid"]}
        return pids[name]

    def kill(self, name: str) -> None:
        """Kill a process, and wait until a new one serves in its place."""
        os.kill(self.pid(name), signal.SIGKILL)
        self.until(f"{name}: waiting")
        self.until(f"{name}: ready")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command in the same folder."""
        return command(self.folder, *words)


def command(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=WITHIN,
    )


@contextmanager
def system(folder: Path, *words: str, **more: str) -> Iterator[System]:
    """A system that is ready; stopped on exit."""
    process = subprocess.Popen(
        [*COMMAND, "start", *words],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = System(process, folder)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
        rest, _ = process.communicate(timeout=WITHIN)
        running.lines += rest.splitlines()
        left = [row for row in running.told()["processes"] if alive(row)]
        assert left == []


def eventually(condition: Any) -> Any:
    """The first true value of a condition that another process changes."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came true")
