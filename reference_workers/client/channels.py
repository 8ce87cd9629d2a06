"""Channels: data and messages beside the calls, one way, over a WebSocket of their own.

A reference to one end of a channel comes in the data of a call. Data goes as binary messages, which
may be cut and joined at will; messages go as text, each by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect

from reference_workers.client import wire
from reference_workers.client.context import FunctionError, Json
from reference_workers.client.settings import Settings
from reference_workers.client.times import Times

CHUNK = 64 * 1024
"""Bytes of the largest piece of data that is sent at once, as in the official SDKs."""

Part = bytes | str
"""Data, or a message."""


class Channels:
    """Takes ends of channels that others opened."""

    def __init__(self, settings: Settings, times: Times) -> None:
        self._settings = settings
        self._times = times

    async def write(self, reference: Json, parts: Iterable[Part] | AsyncIterable[Part]) -> None:
        """Write everything, each part as soon as it is there, and close the channel.

        Raises:
            FunctionError: the reference is to no writing end.
            OSError, WebSocketException: the end is not to be had, or was lost meanwhile.
        """
        async with self._end(reference, "write") as socket:
            async for part in _each(parts):
                for piece in _pieces(part):
                    await socket.send(piece)

    async def read(self, reference: Json) -> list[Part]:
        """Read everything until the writer closes the channel.

        Raises:
            FunctionError: the reference is to no reading end.
            OSError, WebSocketException: the end is not to be had, or was lost meanwhile.
        """
        async with self._end(reference, "read") as socket:
            return [part async for part in socket]

    @asynccontextmanager
    async def _end(self, reference: Json, direction: str) -> AsyncIterator[ClientConnection]:
        """One end of a channel. What was sent is on its way before the close frame is."""
        async with connect(
            _address(self._settings.url, reference, direction),
            open_timeout=self._times.opening,
            close_timeout=self._times.closing,
            max_size=wire.MAX_MESSAGE,
            additional_headers=self._settings.headers,
        ) as socket:
            yield socket


def _address(url: str, reference: Json, direction: str) -> str:
    """Where an end is to be had: beside the workers' address, with its query."""
    given = reference if isinstance(reference, dict) else {}
    named = [given.get(name) for name in ("channel_id", "access_key", "direction")]
    if not all(isinstance(value, str) for value in named) or named[2] != direction:
        told = f"expected channel_id, access_key and the direction {direction!r}"
        raise FunctionError("invalid_request", told)
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/ws/channels/{quote(str(named[0]), safe='')}"
    own = urlencode({"key": named[1], "dir": direction})
    query = f"{parts.query}&{own}" if parts.query else own
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


async def _each(parts: Iterable[Part] | AsyncIterable[Part]) -> AsyncIterator[Part]:
    if isinstance(parts, AsyncIterable):
        async for part in parts:
            yield part
    else:
        for part in parts:
            yield part


def _pieces(part: Part) -> list[Part]:
    if isinstance(part, str):
        return [part]
    return [part[start : start + CHUNK] for start in range(0, len(part), CHUNK)]
