"""``shell::exec``: runs programs on an allowlist. It is off without a list."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from reference_workers.client import FunctionError
from reference_workers.client.context import Json
from reference_workers.service import STRING, Function, array, form, text

VARIABLE = "TOOLS_SHELL_ALLOW"
"""Names of programs, separated by commas."""

SECONDS = 10.0
LARGEST = 100_000
"""The most bytes of each output that are returned."""


class Shell:
    """Runs programs with a list of arguments, never through a shell."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = environment.get(VARIABLE, "").split(",")
        self._allowed = frozenset(name.strip() for name in named if name.strip())
        # Only what a program needs to run, and none of the worker's secrets.
        self._environment = {n: environment[n] for n in ("PATH", "LANG") if n in environment}

    def functions(self) -> dict[str, Function]:
        """The tools, by id."""
        words = array({"type": "string", "maxLength": 4096}, 64) | {"minItems": 1}
        return {
            "shell::exec": Function(
                self.exec,
                form("command", command=words, stdin=text(LARGEST), example={"command": ["date"]}),
                form(
                    *("exit_code", "stdout", "stderr"),
                    exit_code={"type": "integer"},
                    stdout=STRING,
                    stderr=STRING,
                ),
            )
        }

    async def exec(self, data: dict[str, Any]) -> Json:
        """Run a program that is on the list of allowed ones."""
        program, *words = data["command"]
        if program not in self._allowed:
            raise FunctionError("forbidden", f"{program[:100]!r} is not on the list of {VARIABLE}")
        try:
            process = await asyncio.create_subprocess_exec(
                *(program, *words),
                stdin=PIPE if "stdin" in data else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env=self._environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as fault:
            raise FunctionError("exec_failed", str(fault)[:200]) from None
        given = data["stdin"].encode("utf-8", "replace") if "stdin" in data else None
        try:
            async with asyncio.timeout(SECONDS):
                stdout, stderr = await process.communicate(given)
        except TimeoutError:
            raise FunctionError("TIMEOUT", f"{program} did not end in {SECONDS:g} s") from None
        finally:
            _kill(process)
            await process.wait()
        return {"exit_code": process.returncode, "stdout": _text(stdout), "stderr": _text(stderr)}


def _kill(process: Process) -> None:
    """Kill a program with all processes that it started; none are left if it ended by itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _text(output: bytes) -> str:
    return output[:LARGEST].decode("utf-8", "replace")
