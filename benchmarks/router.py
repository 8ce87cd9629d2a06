"""A minimal router for comparison, which knows only one function and its callers.

It is what anyone would write with ``websockets`` and ``msgspec``: a lower bound of work, without
names, namespaces, triggers, transcripts or checks.
"""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Message(msgspec.Struct):
    """The fields of a message that the router reads."""

    type: str
    invocation_id: str = ""
    function_id: str = ""


async def route() -> None:
    """Serve until the process ends."""
    owner: list[ServerConnection] = []
    callers: dict[str, ServerConnection] = {}
    decoder = msgspec.json.Decoder(Message)

    async def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                message = decoder.decode(text)
                if message.type == "registerfunction":
                    owner[:] = [connection]
                elif message.function_id == "engine::workers::register":
                    await connection.send('{"type":"invocationresult"}')
                elif message.type == "invokefunction":
                    callers[message.invocation_id] = connection
                    await owner[0].send(text)
                else:
                    await callers.pop(message.invocation_id).send(text)

    async with serve(handle, "127.0.0.1", 0, compression=None, max_queue=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"ready ws://127.0.0.1:{port}", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(route())
