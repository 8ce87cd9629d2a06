"""A connection that reconnects: connecting, waiting, and resuming after a loss."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from reference_workers.client import wire
from reference_workers.client.log import say
from reference_workers.client.session import Session
from reference_workers.client.settings import Settings
from reference_workers.client.times import Times

KEPT_MESSAGES = 1000
"""The most calls kept without a connection, as in the official Python SDK."""


class Connection:
    """Sends and receives messages over a series of sessions."""

    def __init__(
        self,
        settings: Settings,
        times: Times,
        opening: Callable[[], list[str]],
        received: Callable[[dict[str, Any], Session], None],
    ) -> None:
        self._settings = settings
        self._times = times
        self._opening = opening
        self._received = received
        self._session: Session | None = None
        self._kept: deque[tuple[float, str]] = deque(maxlen=KEPT_MESSAGES)
        self._greeting: dict[str, Any] = {}
        self._stopping = asyncio.Event()
        self._closing: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection now."""
        return self._session is not None

    def send(self, text: str) -> None:
        """Send a message, or drop it without a connection: connecting sends the registrations."""
        if self._session is not None:
            self._session.send(text)

    def send_or_keep(self, text: str, seconds: float) -> None:
        """Send a message now, or on the next connection unless ``seconds`` have passed by then."""
        if self._session is not None:
            self._session.send(text)
        else:
            self._kept.append((time.monotonic() + seconds, text))

    def stop_reconnecting(self) -> None:
        """Do not reconnect after the present connection ends."""
        self._stopping.set()

    def give_up(self) -> None:
        """End the present connection and do not reconnect."""
        self.stop_reconnecting()
        self._closing = asyncio.ensure_future(self.close())

    async def close(self) -> None:
        """Send the queued messages and a close frame; without a connection, do nothing."""
        if self._session is not None:
            await self._session.close(self._times.closing)

    async def keep(self) -> None:
        """Connect, and reconnect after every loss, until stopped."""
        waits = self._times.delays()
        while not self._stopping.is_set():
            settled, reason = await self._once()
            if self._stopping.is_set():
                return
            if settled:
                waits = self._times.delays()
            delay = next(waits)
            say(f"no connection to {self._settings.place}: {reason}; next try in {delay:.1f} s")
            try:
                await asyncio.wait_for(self._stopping.wait(), delay)
            except TimeoutError:
                continue

    async def _once(self) -> tuple[bool, str]:
        """Serve one connection; return whether it ever settled, and why it ended."""
        session: Session | None = None
        reason = "the engine closed it"
        try:
            async with connect(self._settings.url, **self._options()) as socket:
                # The registrations are read in the same step in which the session takes over,
                # so that one made now is sent once: either in the opening or after it.
                opening = [*self._reattachment(), *self._opening(), *self._still_wanted()]
                self._session = session = Session(socket, opening)
                say(f"connected to {self._settings.place}")
                await session.serve(self._received)
        except (OSError, WebSocketException, EOFError) as fault:
            reason = str(fault) or type(fault).__name__
        finally:
            self._session = None
        if session is None:
            return False, reason
        self._greeting = session.greeting or self._greeting
        return session.settled, reason

    def _options(self) -> dict[str, Any]:
        return {
            "open_timeout": self._times.opening,
            "ping_interval": self._times.ping,
            "ping_timeout": self._times.silence - self._times.ping,
            "close_timeout": self._times.closing,
            "max_size": wire.MAX_MESSAGE,
            "additional_headers": self._settings.headers,
        }

    def _reattachment(self) -> list[str]:
        """The first message of a returning worker, by which the engine recognises it."""
        worker_id = wire.text(self._greeting, "worker_id")
        if worker_id is None:
            return []
        token = wire.text(self._greeting, "reattach_token")
        message = {"type": "reattach", "previous_worker_id": worker_id}
        return [wire.encode(message | ({"reattach_token": token} if token else {}))]

    def _still_wanted(self) -> list[str]:
        """The kept calls whose callers still wait."""
        now = time.monotonic()
        wanted = [text for until, text in self._kept if until > now]
        self._kept.clear()
        return wanted
