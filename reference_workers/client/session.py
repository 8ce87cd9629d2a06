"""One open connection, from its first message to its last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection

from reference_workers.client import wire

FRAGMENTED_ABOVE = 4 * 1024 * 1024
"""Characters: at four bytes each, the 16 MiB that the engine accepts in a single frame."""
FRAGMENT = 256 * 1024
"""Characters: at four bytes each, the 1 MiB of the SDKs' fragments."""


class Session:
    """Sends messages in order; after its end, it drops them.

    An answer therefore goes to the session of its invocation: the engine has given up the calls of
    an older connection, and no longer knows their ids.
    """

    def __init__(self, socket: ClientConnection, opening: Sequence[str]) -> None:
        self.greeting: dict[str, Any] | None = None
        self._socket = socket
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._to_open = len(opening)
        for text in opening:
            self._outbox.put_nowait(text)

    @property
    def settled(self) -> bool:
        """Whether the engine has greeted the worker and all opening messages have been sent."""
        return self.greeting is not None and self._to_open <= 0

    def send(self, text: str) -> None:
        """Send a message after those before it; after the end, it stays in the queue unsent."""
        self._outbox.put_nowait(text)

    async def serve(self, received: Callable[[dict[str, Any], Session], None]) -> None:
        """Send and receive until the connection ends.

        Raises:
            ConnectionClosedError: it did not end with a close frame of code 1000 or 1001.
        """
        sender = asyncio.ensure_future(self._send_all())
        try:
            async for raw in self._socket:
                message = wire.decode(raw)
                if message is None:
                    continue
                if message.get("type") == "workerregistered":
                    self.greeting = message
                received(message, self)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def close(self, seconds: float) -> None:
        """Send the queued messages, for at most ``seconds``, and a close frame with code 1000."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._outbox.join(), seconds)
        await self._socket.close()

    async def _send_all(self) -> None:
        while True:
            text = await self._outbox.get()
            await self._socket.send(_fragments(text) if len(text) > FRAGMENTED_ABOVE else text)
            self._to_open -= 1
            self._outbox.task_done()


def _fragments(text: str) -> list[str]:
    return [text[start : start + FRAGMENT] for start in range(0, len(text), FRAGMENT)]
