"""The worker of a measurement: ``python -m benchmarks.worker URL`` serves ``bench::echo``.

It prints ``ready`` when its function is registered, and ends with its connection.
"""

from __future__ import annotations

import json
import sys

import uvloop

from benchmarks.peer import Peer

FUNCTION = "bench::echo"
PAYLOAD = json.dumps({"text": "x" * 53}, separators=(",", ":")).encode()
"""64 bytes of JSON, there and back."""

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


async def serve(url: str) -> None:
    """Answer until the connection ends."""

    def heard(message: bytes) -> None:
        if b'"invokefunction"' in message:
            peer.send(ANSWER % (invocation_id(message), PAYLOAD))
        elif b'"invocationresult"' in message:
            print("ready", flush=True)

    peer = await Peer.connect(url, heard)
    peer.send(json.dumps({"type": "registerfunction", "id": FUNCTION}).encode())
    peer.send(json.dumps(ANNOUNCEMENT).encode())
    await peer.over


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
