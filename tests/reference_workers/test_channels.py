"""Channels of the raw worker: the URLs of their ends, and which references are refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from reference_workers.client import FunctionError
from reference_workers.client.channels import CHUNK, Channels
from reference_workers.client.settings import Settings
from reference_workers.client.times import Times

END = {"channel_id": "a/b", "access_key": "k&y", "direction": "write"}


def test_an_end_is_beside_the_workers_address_and_keeps_its_query() -> None:
    paths: list[str] = []
    parts: list[bytes | str] = []

    async def hear(socket: ServerConnection) -> None:
        assert socket.request is not None
        paths.append(socket.request.path)
        parts.extend([part async for part in socket])

    async def write() -> None:
        async with serve(hear, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings = Settings(f"ws://127.0.0.1:{port}/in/?team=blue", "w")
            await Channels(settings, Times()).write(END, [b"x" * (CHUNK + 1), "hello"])

    asyncio.run(write())

    assert paths == ["/in/ws/channels/a%2Fb?team=blue&key=k%26y&dir=write"]
    assert [len(part) for part in parts] == [CHUNK, 1, 5]


@pytest.mark.parametrize(
    "reference", [None, {}, "x", {**END, "direction": "read"}, {**END, "access_key": None}]
)
def test_what_is_no_writing_end_is_refused(reference: Any) -> None:
    channels = Channels(Settings("ws://127.0.0.1:9", "w"), Times())

    with pytest.raises(FunctionError, match="the direction 'write'"):
        asyncio.run(channels.write(reference, []))
