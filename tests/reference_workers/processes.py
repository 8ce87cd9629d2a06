"""Workers in separate processes."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.reference_workers.recording import DEADLINE

ROOT = Path(__file__).parent.parent.parent


@asynccontextmanager
async def started(
    *arguments: str, module: str = "echo", stderr: int = DEVNULL, **environment: str
) -> AsyncIterator[Process]:
    """The process of a worker, ended on exit."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("III_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"reference_workers.{module}", *arguments),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=stderr,
        cwd=ROOT,
        env=inherited | environment,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def code(process: Process) -> int:
    return await asyncio.wait_for(process.wait(), DEADLINE)


async def line(process: Process, text: bytes) -> None:
    """Wait until the process has written a line that contains this text."""
    assert process.stderr is not None
    while text not in await asyncio.wait_for(process.stderr.readline(), DEADLINE):
        assert not process.stderr.at_eof()
