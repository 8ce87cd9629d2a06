"""A connection that comes back: dialling, waiting, keepalive, and the end.

The times are those of the official SDKs: 1 s before the first retry, doubled up to 30 s, give or
take 30 %; a ping every 20 s; reconnect after 60 s of silence; 10 s for an upgrade.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from reference_workers.client import wire
from reference_workers.client.settings import Settings

FIRST_DELAY, LONGEST_DELAY, JITTER = 1.0, 30.0, 0.3
OPEN_TIMEOUT = 10.0
PING_INTERVAL, PING_TIMEOUT = 20.0, 40.0
FLUSH_TIMEOUT = 2.0
KEPT_MESSAGES = 1000


def delays() -> Iterator[float]:
    """Seconds to wait before each try to reconnect, without end."""
    delay = FIRST_DELAY
    while True:
        yield delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        delay = min(delay * 2, LONGEST_DELAY)


class Connection:
    """Sends and receives messages; ``number`` counts the connections there have been."""

    def __init__(
        self,
        settings: Settings,
        opening: Callable[[], list[str]],
        received: Callable[[dict[str, Any]], None],
    ) -> None:
        self.number = 0
        self._settings = settings
        self._opening = opening
        self._received = received
        self._socket: ClientConnection | None = None
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._kept: deque[tuple[float, str]] = deque(maxlen=KEPT_MESSAGES)
        self._greeting: dict[str, Any] | None = None
        self._stopping = asyncio.Event()

    def send(self, text: str) -> None:
        """Send a message, or drop it without a connection: what matters is sent on connecting."""
        if self._socket is not None:
            self._outbox.put_nowait(text)

    def send_or_keep(self, text: str, seconds: float) -> None:
        """Send a message now, or on the next connection unless ``seconds`` have passed by then."""
        if self._socket is not None:
            self._outbox.put_nowait(text)
        else:
            self._kept.append((time.monotonic() + seconds, text))

    def stop_reconnecting(self) -> None:
        """Do not come back once the present connection ends."""
        self._stopping.set()

    async def close(self) -> None:
        """Send what is queued and a close frame with code 1000."""
        socket = self._socket
        if socket is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._outbox.join(), FLUSH_TIMEOUT)
        await socket.close()

    async def keep(self) -> None:
        """Connect, and again after every loss, until told to stop."""
        waits = delays()
        while not self._stopping.is_set():
            with suppress(OSError, WebSocketException, EOFError, TimeoutError):
                async with connect(self._settings.url, **self._options()) as socket:
                    if await self._serve(socket):
                        waits = delays()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), next(waits))

    def _options(self) -> dict[str, Any]:
        token = self._settings.token
        return {
            "open_timeout": OPEN_TIMEOUT,
            "ping_interval": PING_INTERVAL,
            "ping_timeout": PING_TIMEOUT,
            "close_timeout": 2.0,
            "max_size": wire.MAX_MESSAGE,
            "additional_headers": {"Authorization": f"Bearer {token}"} if token else {},
        }

    async def _serve(self, socket: ClientConnection) -> bool:
        """Serve one connection to its end; whether it was of use, so that waits begin anew."""
        self.number += 1
        self._outbox = asyncio.Queue()
        self._socket = socket
        greeted = False
        # The greeting of the connection before this one: the next is a moment away.
        first = self._reattachment()
        sender = asyncio.ensure_future(self._send_all(socket, first))
        try:
            async for raw in socket:
                message = wire.decode(raw)
                if message is None:
                    continue
                if message.get("type") == "workerregistered":
                    self._greeting, greeted = message, True
                self._received(message)
        finally:
            self._socket = None
            sender.cancel()
        return greeted

    async def _send_all(self, socket: ClientConnection, first: list[str]) -> None:
        for text in (*first, *self._opening(), *self._still_wanted()):
            await socket.send(text)
        while True:
            await socket.send(await self._outbox.get())
            self._outbox.task_done()

    def _reattachment(self) -> list[str]:
        if self._greeting is None:
            return []
        token = self._greeting.get("reattach_token")
        message = {"type": "reattach", "previous_worker_id": self._greeting.get("worker_id")}
        return [wire.encode(message | ({"reattach_token": token} if token else {}))]

    def _still_wanted(self) -> list[str]:
        now = time.monotonic()
        wanted = [text for until, text in self._kept if until > now]
        self._kept.clear()
        return wanted
