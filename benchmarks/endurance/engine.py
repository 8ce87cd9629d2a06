"""The engine of a benchmark: a process with a configuration, its addresses, and its memory."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psutil

MIB = 1024 * 1024
MODULES = "modules:"
"""The start of the last line that an engine prints when it is ready."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine; ``addresses`` are its URLs: ``ready``, ``iii-http``, ``iii-stream``."""

    addresses: Mapping[str, str]
    process: psutil.Process

    @property
    def memory(self) -> float:
        """The memory in use, in MiB."""
        return float(self.process.memory_info().rss) / MIB


@contextlib.contextmanager
def started(workers: Sequence[Mapping[str, Any]]) -> Iterator[Engine]:
    """Start an engine with these modules, on free ports.

    Raises:
        SystemExit: the engine ended before it was ready.
    """
    port = {"name": "iii-worker-manager", "config": {"port": 0}}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_bytes(msgspec.json.encode({"workers": [port, *workers]}))  # JSON is valid YAML
        command = [sys.executable, "-m", "mock_engine", "--quiet", "--config", str(config)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            addresses: dict[str, str] = {}
            for line in process.stdout:
                name, *rest = line.split()
                if name == MODULES:
                    break
                addresses[name] = rest[-1]
            else:
                raise SystemExit("error: the engine ended before it was ready")
            yield Engine(addresses, psutil.Process(process.pid))
        finally:
            process.kill()
            process.communicate()
