"""The worker of a measurement: ``python -m benchmarks.worker URL`` serves ``bench::echo``.

It prints ``ready`` when its function is registered, and ends with its connection. Without a URL it
listens for the caller itself: then the caller and the worker are measured, without an engine.
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

from benchmarks.peer import Peer

FUNCTION = "bench::echo"
PAYLOAD = json.dumps({"text": "x" * 53}, separators=(",", ":")).encode()
"""64 bytes of JSON, sent in both directions."""

ID = b'"invocation_id":"'
ID_LENGTH = 36
ANSWER = b'{"type":"invocationresult","invocation_id":"%b","function_id":"bench::echo","result":%b}'
ANNOUNCEMENT = {
    "type": "invokefunction",
    "invocation_id": "00000000-0000-4000-8000-ffffffffffff",
    "function_id": "engine::workers::register",
    "data": {"runtime": "python", "version": "0", "name": "bench-worker", "os": "any", "pid": 1},
}


def invocation_id(message: bytes) -> bytes:
    """The id in a message, found without parsing it."""
    at = message.index(ID) + len(ID)
    return message[at : at + ID_LENGTH]


def answer(peer: Peer, message: bytes) -> None:
    """Answer a call."""
    peer.send(ANSWER % (invocation_id(message), PAYLOAD))


async def listen() -> None:
    """Answer every connection, until the process ends."""

    def met() -> Peer:
        peer = Peer(lambda message: answer(peer, message))
        return peer

    server = await asyncio.get_running_loop().create_server(met, "127.0.0.1", 0)
    port = next(iter(server.sockets)).getsockname()[1]
    print(f"ready ws://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


async def serve(url: str) -> None:
    """Answer until the connection ends."""

    def heard(message: bytes) -> None:
        if b'"invokefunction"' in message:
            answer(peer, message)
        elif b'"invocationresult"' in message:
            print("ready", flush=True)

    peer = await Peer.connect(url, heard)
    peer.send(json.dumps({"type": "registerfunction", "id": FUNCTION}).encode())
    peer.send(json.dumps(ANNOUNCEMENT).encode())
    await peer.over


if __name__ == "__main__":
    try:
        uvloop.run(serve(sys.argv[1]) if sys.argv[1:] else listen())
    except OSError as fault:
        sys.exit(f"error: no engine to connect to at {sys.argv[1]}: {fault}")
