"""A mock engine in a separate process, and a client on an SDK that executes commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sdks.build import CLIENT, NODE_NEWEST, ROOT
from tests.sdks.toolchains import built

CONFIG = Path(__file__).with_name("engine.yaml")


@dataclass(frozen=True, slots=True)
class Engine:
    """The addresses of an engine for workers, HTTP requests and viewers of streams."""

    url: str
    http: str
    streams: str


@contextmanager
def engine() -> Iterator[Engine]:
    """``python -m mock_engine`` with every module, on free ports, until the end of the block."""
    ports = ("--port=0", "--http-port=0", "--stream-port=0", "--quiet")
    command = [sys.executable, "-m", "mock_engine", f"--config={CONFIG}", *ports]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _places(process)
        finally:
            process.terminate()
            process.wait()


def _places(process: subprocess.Popen[str]) -> Engine:
    found: dict[str, str] = {}
    assert process.stdout is not None
    while len(found) < 3:
        line = process.stdout.readline()
        assert line, "the engine ended"
        if told := re.match(r"(ready|iii-http|iii-stream) (\S+)", line):
            found[told[1]] = told[2]
    return Engine(found["ready"], found["iii-http"], found["iii-stream"])


class Client:
    """A client on an SDK, driven over its standard input and output."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, do: str, **asked: Any) -> dict[str, Any]:
        """Send it a command, and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **asked}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the client ended with {self._process.wait()} when told to {do}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def result(self, do: str, **asked: Any) -> Any:
        """Send it a command that succeeds, and return the result."""
        answer = self(do, **asked)
        assert "error" not in answer, (do, asked, answer)
        return answer["result"]

    def call(self, function_id: str, payload: Any, action: Any = None) -> Any:
        """The result of a function that the client calls."""
        return self.result("call", function_id=function_id, payload=payload, action=action)


@contextmanager
def client(sdk: str, at: Engine, home: Path) -> Iterator[Client]:
    """A client on ``sdk``, connected to an engine; it ends by itself, with code 0."""
    environment = {**os.environ, "III_URL": at.url, "HOME": str(home), "NO_PROXY": "127.0.0.1"}
    process = subprocess.Popen(
        COMMANDS[sdk](),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Client(process)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()


def _python() -> list[str | Path]:
    return [sys.executable, "-m", "tests.sdks.clients.python_client"]


def _node() -> list[str | Path]:
    return ["node", built(NODE_NEWEST).folder / "client.mjs"]


def _rust() -> list[str | Path]:
    return [built(CLIENT).folder / "sdk-client"]


COMMANDS = {"python": _python, "node": _node, "rust": _rust}
"""The command that starts the client on each SDK."""
