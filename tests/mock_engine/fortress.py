"""An engine under attack: in a separate process, with a worker, a caller and raw connections."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

MIB = 1024 * 1024
TEXT, BINARY, CONT, CLOSE, PING = 0x1, 0x2, 0x0, 0x8, 0x9
FINAL, MASKED = 0x80, 0x80
PATIENCE = 30.0
"""The time in seconds after which an expected event counts as missing."""

Call = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Fortress:
    """A running engine: its ports and its process."""

    port: int
    http_port: int
    process: psutil.Process

    @property
    def memory(self) -> int:
        """The memory in use, in bytes."""
        size: int = self.process.memory_info().rss
        return size


@contextmanager
def fortress() -> Iterator[Fortress]:
    """An engine as ``python -m mock_engine`` runs it."""
    ports = ("--port", "0", "--http-port", "0", "--stream-port", "0")
    command = [sys.executable, "-m", "mock_engine", "--quiet", *ports]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = dict(process.stdout.readline().split() for _ in range(2))
            port, http_port = (int(said[name].rsplit(":", 1)[1]) for name in ("ready", "iii-http"))
            yield Fortress(port, http_port, psutil.Process(process.pid))
            assert process.poll() is None, "the engine ended"
        finally:
            process.terminate()


def invocation(function_id: str, data: Any, number: int | None = None) -> str:
    """An invocation; without a number it has no id, so that no answer is expected."""
    message = {"type": "invokefunction", "function_id": function_id, "data": data}
    if number is not None:
        message["invocation_id"] = f"00000000-0000-4000-8000-{number:012x}"
    return json.dumps(message)


@asynccontextmanager
async def served(port: int, *, path: str | None = None) -> AsyncIterator[Call]:
    """A worker with ``fort::echo`` and a caller; returns a function that calls it.

    ``path`` is a pattern under which it is also reached by HTTP.
    """
    url, numbers = f"ws://127.0.0.1:{port}/", itertools.count(1)
    async with connect(url) as worker, connect(url) as caller:
        await worker.send(json.dumps({"type": "registerfunction", "id": "fort::echo"}))
        if path is not None:
            trigger = {"type": "registertrigger", "id": "fort", "trigger_type": "http"}
            config = {"api_path": path, "http_method": "POST"}
            await worker.send(json.dumps(trigger | {"function_id": "fort::echo", "config": config}))
        await worker.send(invocation("engine::workers::register", {}, 0))
        while "invocationresult" not in str(await worker.recv()):
            pass
        await caller.recv()
        answering = asyncio.ensure_future(_answer(worker))

        async def call(data: Any) -> Any:
            await caller.send(invocation("fort::echo", data, next(numbers)))
            return json.loads(await asyncio.wait_for(caller.recv(), PATIENCE))["result"]

        yield call
        answering.cancel()


async def _answer(worker: ClientConnection) -> None:
    async for text in worker:
        asked = json.loads(text)
        if asked["type"] == "invokefunction":
            known = {name: asked[name] for name in ("invocation_id", "function_id")}
            result = {"body": asked["data"]}
            await worker.send(json.dumps({"type": "invocationresult", **known, "result": result}))


class Raw:
    """A WebSocket without a library: any bytes can be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        """Send bytes as they are; the engine may be gone already."""
        with suppress(ConnectionError, RuntimeError):  # uvloop raises its own error
            if not self.writer.transport.is_closing():
                self.writer.writelines(parts)
                await self.writer.drain()

    async def rest(self) -> bytes:
        """All bytes that arrive until the engine ends the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        except ConnectionError:
            return b""


@asynccontextmanager
async def raw(port: int, path: str = "/") -> AsyncIterator[Raw]:
    """An open WebSocket; the greeting has not been read yet."""
    async with tcp(port) as peer:
        key = base64.b64encode(os.urandom(16))
        await peer.send(
            b"GET %b HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-key: %b\r\nsec-websocket-version: 13\r\n\r\n" % (path.encode(), key)
        )
        await peer.reader.readuntil(b"\r\n\r\n")
        yield peer


@asynccontextmanager
async def tcp(port: int) -> AsyncIterator[Raw]:
    """A TCP connection."""
    peer = Raw(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield peer
    finally:
        peer.writer.transport.abort()


def frame(first: int, data: bytes = b"", *, size: int | None = None, masked: bool = True) -> bytes:
    """A frame of a client with a mask of zeros; ``size`` is the length that its head claims."""
    length = len(data) if size is None else size
    mask, flag = (b"\0\0\0\0", MASKED) if masked else (b"", 0)
    if length < 126:
        head = bytes((first, flag | length))
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, flag | 126, length)
    else:
        head = struct.pack("!BBQ", first, flag | 127, length)
    return head + mask + data


async def is_alive(peer: ClientConnection) -> bool:
    """Whether the engine still answers on a connection."""
    try:
        await asyncio.wait_for(await peer.ping(), PATIENCE)
    except ConnectionClosed:
        return False
    return True
