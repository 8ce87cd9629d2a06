"""The lower bound for a router written in Python: uvloop, msgspec, and no checks at all.

    python -m benchmarks.floor picows       on the fastest transport that a library has
    python -m benchmarks.floor wire         on the transport of the mock engine

It knows one function and its callers, as ``router`` does. Both transports serve the same router, so
that the difference between them is that of the transports.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial

import msgspec
import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

from benchmarks.router import Message
from mock_engine.transcript import Request
from mock_engine.wire import Connection, Listener, Response

Send = Callable[[bytes], None]
"""Sends a text message to a peer."""


class Router:
    """The owner of the function, and the callers that wait for answers."""

    def __init__(self) -> None:
        self._owner: Send
        self._callers: dict[str, Send] = {}
        self._decode = msgspec.json.Decoder(Message).decode

    def take(self, text: bytes, sender: Send) -> None:
        """Forward a message."""
        message = self._decode(text)
        if message.type == "registerfunction":
            self._owner = sender
        elif message.function_id == "engine::workers::register":
            sender(b'{"type":"invocationresult"}')
        elif message.type == "invokefunction":
            self._callers[message.invocation_id] = sender
            self._owner(text)
        else:
            self._callers.pop(message.invocation_id)(text)


class OnPicows(WSListener):
    """A connection of picows."""

    def __init__(self, router: Router) -> None:
        self._take = router.take
        self._send: Send

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The WebSocket is open."""
        self._send = partial(transport.send, WSMsgType.TEXT)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame arrived."""
        del transport
        if frame.msg_type == WSMsgType.TEXT:
            self._take(frame.get_payload_as_bytes(), self._send)


class OnWire:
    """The connections of the mock engine's transport."""

    def __init__(self, router: Router) -> None:
        self._take = router.take

    def upgrade(self, connection: Connection) -> Response | None:
        """Accept every connection."""
        del connection
        return None

    def opened(self, connection: Connection) -> None:
        """The WebSocket is open."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """A message arrived."""
        del binary
        self._take(data, connection.send_text)

    def closed(self, connection: Connection) -> None:
        """The WebSocket is gone."""

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Refuse plain HTTP."""
        del connection, request, body
        return Response(404)


async def _on_picows(router: Router) -> int:
    def listener(request: WSUpgradeRequest) -> WSListener:
        del request
        return OnPicows(router)

    server = await ws_create_server(listener, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _on_wire(router: Router) -> int:
    return (await Listener.start(OnWire(router))).port


async def route(transport: str) -> None:
    """Serve until the process ends."""
    port = await {"picows": _on_picows, "wire": _on_wire}[transport](Router())
    print(f"ready ws://127.0.0.1:{port}", flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(route(sys.argv[1]))
