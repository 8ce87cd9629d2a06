"""The least that a router written in Python costs: picows, uvloop, msgspec, and no checks at all.

It knows one function and its callers, as ``router`` does, on the fastest transport there is.
"""

from __future__ import annotations

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


class Routing(WSListener):
    """One connection. All share the owner of the function and who waits for what."""

    owner: WSTransport
    callers: dict[str, WSTransport]
    decoder = msgspec.json.Decoder(Message)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass a message on."""
        if frame.msg_type != WSMsgType.TEXT:
            return
        text = frame.get_payload_as_bytes()
        message = self.decoder.decode(text)
        if message.type == "registerfunction":
            Routing.owner = transport
        elif message.function_id == "engine::workers::register":
            transport.send(WSMsgType.TEXT, b'{"type":"invocationresult"}')
        elif message.type == "invokefunction":
            Routing.callers[message.invocation_id] = transport
            Routing.owner.send(WSMsgType.TEXT, text)
        else:
            Routing.callers.pop(message.invocation_id).send(WSMsgType.TEXT, text)


async def route() -> None:
    """Serve until the process ends."""
    Routing.callers = {}

    def listener(request: WSUpgradeRequest) -> WSListener:
        del request
        return Routing()

    server = await ws_create_server(listener, "127.0.0.1", 0)
    print(f"ready ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(route())
