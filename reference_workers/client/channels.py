"""Channels: one-way streams of data and messages, each over its own WebSocket.

A reference to one end of a channel arrives in the data of a call. Data is sent as binary messages,
which may be split and joined anywhere; messages are sent as text, one by one.
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
"""The most bytes of data in one message, as in the official SDKs."""

Part = bytes | str
"""Data, or a message."""


class Channels:
    """Connects to ends of channels that others created."""

    def __init__(self, settings: Settings, times: Times) -> None:
        self._settings = settings
        self._times = times

    async def write(self, reference: Json, parts: Iterable[Part] | AsyncIterable[Part]) -> None:
        """Write every part as soon as it is available, and close the channel.

        Raises:
            FunctionError: the reference is not to a writing end.
            OSError, WebSocketException: the connection failed or was lost.
        """
        async with self._end(reference, "write") as socket:
            async for part in _each(parts):
                for piece in _pieces(part):
                    await socket.send(piece)

    async def read(self, reference: Json) -> list[Part]:
        """Read everything until the writer closes the channel.

        Raises:
            FunctionError: the reference is not to a reading end.
            OSError, WebSocketException: the connection failed or was lost.
        """
        async with self._end(reference, "read") as socket:
            return [part async for part in socket]

    @asynccontextmanager
    async def _end(self, reference: Json, direction: str) -> AsyncIterator[ClientConnection]:
        """One end of a channel. Everything written is sent before the close frame."""
        async with connect(
            _address(self._settings.url, reference, direction),
            open_timeout=self._times.opening,
            close_timeout=self._times.closing,
            max_size=wire.MAX_MESSAGE,
            additional_headers=self._settings.headers,
        ) as socket:
            yield socket


def _address(url: str, reference: Json, direction: str) -> str:
    """The URL of an end: the workers' URL, with the path and the key of the end added."""
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
