"""``python -m tests.impostors NAME`` runs one of the impostors."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from schemas import Direction, load, messages
from tests.mutants.worker import Worker

URL = os.environ.get("III_URL", "ws://127.0.0.1:49134")
Impostor = Callable[[], Coroutine[Any, Any, None]]


async def ends_at_once() -> None:
    """End without a word."""


async def does_nothing() -> None:
    """Run, and dial nobody."""
    await asyncio.Future()


async def dials_and_waits() -> None:
    """Open a TCP connection and say nothing on it."""
    address = urlsplit(URL)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    await asyncio.Future()
    writer.close()


async def says_nothing() -> None:
    """Open a WebSocket and say nothing on it."""
    async with connect(URL):
        await asyncio.Future()


async def hangs_up() -> None:
    """Open a WebSocket and close it without a word, again and again."""
    while True:
        async with connect(URL):
            pass
        await asyncio.sleep(1)


class SaysNonsense(Worker):
    """Serves, and sends each type of message with each field as it must not be."""

    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        for text in _nonsense():
            await socket.send(text)


def _nonsense() -> Iterator[str]:
    odd = (None, 5, True, "odd", "", ["a"], {"a": [1]})
    yield from ("{", "", "null", "5", "[[]]", '{"type": ["ping"]}', '{"type": "ping", "x": NaN}')
    for kind in messages(Direction.WORKER_TO_ENGINE):
        names = load(f"worker/{kind}")["properties"]
        for value in odd:
            yield json.dumps({"type": kind})
            yield json.dumps({**dict.fromkeys(names, value), "type": kind})
            for name in names:
                yield json.dumps({**dict.fromkeys(names, "odd"), "type": kind, name: value})


async def says_nonsense() -> None:
    """Say what makes no sense beside all that does."""
    await SaysNonsense().run()


async def announces_alone() -> None:
    """Announce itself, and answer nothing."""
    async with connect(URL) as socket:
        await _announce(socket)
        await asyncio.Future()


async def fails_always() -> None:
    """Answer an error to everything."""
    await _answer(lambda call: {"error": {"code": "no", "message": "no"}})


async def echoes_always() -> None:
    """Answer its data to everything."""
    await _answer(lambda call: {"result": call.get("data")})


async def knows_nothing() -> None:
    """Say of everything that it is not found, and register nothing."""
    error = {"error": {"code": "function_not_found", "message": "no"}}
    await _answer(lambda call: error, functions=())


async def repeats_everything() -> None:
    """Send back whatever comes."""
    async with connect(URL) as socket:
        await _announce(socket)
        async for raw in socket:
            await socket.send(raw)


async def _announce(socket: ClientConnection) -> None:
    data = {"runtime": "p", "version": "1", "name": f"n:{os.getpid()}", "os": "l", "pid": 1}
    call = {"type": "invokefunction", "function_id": "engine::workers::register", "data": data}
    await socket.send(json.dumps({**call, "action": {"type": "void"}}))


async def _answer(body: Callable[[Any], Any], functions: tuple[str, ...] = ("a::b",)) -> None:
    async with connect(URL, max_size=2**26) as socket:
        for function_id in functions:
            await socket.send(json.dumps({"type": "registerfunction", "id": function_id}))
        await _announce(socket)
        async for raw in socket:
            call = _read(raw)
            if call.get("type") == "invokefunction":
                ids = {name: call.get(name) for name in ("invocation_id", "function_id")}
                answer = {"type": "invocationresult", **ids, **body(call)}
                await socket.send(json.dumps(answer))


def _read(raw: str | bytes) -> Any:
    try:
        message = json.loads(raw)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


IMPOSTORS: dict[str, Impostor] = {
    impostor.__name__: impostor
    for impostor in (
        ends_at_once,
        does_nothing,
        dials_and_waits,
        says_nothing,
        hangs_up,
        announces_alone,
        fails_always,
        echoes_always,
        knows_nothing,
        repeats_everything,
        says_nonsense,
    )
}

if __name__ == "__main__":
    asyncio.run(IMPOSTORS[sys.argv[1]]())
