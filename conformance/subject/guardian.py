"""The guardian of this process: it starts workers, and makes sure that none outlives the suite."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from conformance.subject import keeper

SCRIPT = (sys.executable, "-I", "-S", str(Path(keeper.__file__)))


@dataclass(frozen=True, slots=True)
class Job:
    """What a keeper executes; its standard input is at its end unless ``input`` keeps it open."""

    words: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    input: bool = False


class Guardian:
    """A small program that forks a keeper for each worker. It ends when this process does."""

    def __init__(self, script: Sequence[str] = SCRIPT) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                script, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True
            )
        self._sending = threading.Lock()

    async def start(self, job: Job) -> tuple[Kept, BinaryIO]:
        """Let a keeper do a job; return the socket of the job and the pipe of the worker's output.

        Raises:
            OSError: it cannot be executed.
        """
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        try:
            with self._sending:
                socket.send_fds(self._control, [b"."], [theirs.fileno(), writing])
        finally:
            theirs.close()
            os.close(writing)
        with contextlib.ExitStack() as undo:  # if cancelled: nothing else knows the worker yet
            output = undo.enter_context(os.fdopen(reading, "rb", buffering=0))
            undo.callback(ours.close)
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            undo.callback(writer.close)
            kept = Kept(reader, writer)
            kept.ask(asdict(job))
            kept.pid = _started(await kept.answer(), job)
            undo.pop_all()
        return kept, output

    def close(self) -> None:
        """Let it end; keepers kill the workers that are still running when this process ends."""
        self._control.close()
        self._process.wait()


class Kept:
    """The suite's end of a job: the messages of its keeper, in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.pid = 0

    def ask(self, question: Mapping[str, Any]) -> None:
        """Send a line."""
        self._writer.write(json.dumps(question).encode() + b"\n")

    async def answer(self) -> dict[str, Any] | None:
        """The next answer; ``None`` when the keeper has ended."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    def end(self) -> None:
        """Let the keeper kill the worker and everything it started, and end."""
        if not self._writer.is_closing():
            self._writer.write_eof()

    def close(self) -> None:
        """Close the socket; the keeper ends everything, unless it has."""
        self._writer.close()


def _started(answer: Mapping[str, Any] | None, job: Job) -> int:
    if answer is None:
        raise OSError(0, "the process that starts workers has ended", job.words[0])
    if "errno" in answer:
        raise OSError(answer["errno"], os.strerror(answer["errno"]), answer["file"])
    return int(answer["pid"])


@cache
def guardian() -> Guardian:
    """The guardian of this process, which is started when it is first needed."""
    found = Guardian()
    atexit.register(found.close)
    return found
