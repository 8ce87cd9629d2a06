"""A Redis server that several engines share: values, claims, and messages to all of them.

Rules of this file:

* Values and claims are requested with a blocking client: Redis is near, and an engine that must
  wait for it has nothing else to do. When the server does not answer in time, the call fails, not
  the engine.
* Messages to all engines use a separate connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import msgspec

from mock_engine.config import ConfigError
from mock_engine.failures import Failure
from mock_engine.ids import new_id

PREFIX = "iii-mock-engine:"
PATIENCE = 2.0
"""How long Redis may take to answer, in seconds."""

ALIVE, BEAT = 10.0, 3.0
"""How long an engine counts as alive after a heartbeat, and the heartbeat interval, in seconds."""

Handler = Callable[[bytes], None]


class Spawner(Protocol):
    """Runs coroutines until the engine stops."""

    def spawn(self, work: Any) -> Any:
        """Run a coroutine."""


class RedisServer:
    """One module's link to a Redis server.

    Raises:
        ConfigError: the extra ``redis`` is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import redis
            import redis.asyncio
        except ImportError:
            text = f"the adapter for {url} needs the extra: pip install 'iii-conformance[redis]'"
            raise ConfigError(text) from None
        self.url = url
        self.engine = new_id()
        self._errors = redis.RedisError
        times = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        self.client: Any = redis.Redis.from_url(url, **times)
        self._messages: Any = redis.asyncio.Redis.from_url(url, socket_connect_timeout=PATIENCE)
        self._handlers: dict[bytes, Handler] = {}

    # -- start and stop --------------------------------------------------------------------------

    async def start(self, host: Spawner) -> None:
        """Start to listen, and to send heartbeats.

        Raises:
            ConfigError: the server does not answer.
        """
        try:
            self._beat()
            pubsub = self._messages.pubsub(ignore_subscribe_messages=True)
            await pubsub.subscribe(*(self._handlers or (key("none"),)))
        except self._errors as fault:
            raise ConfigError(f"{self.url}: Redis does not answer: {fault}") from None
        host.spawn(self._listen(pubsub))
        host.spawn(self._keep_alive())

    async def stop(self) -> None:
        """Close the connections."""
        with suppress(self._errors):
            self.client.delete(key("engine", self.engine))
        self.client.close()
        await self._messages.aclose()

    async def _listen(self, pubsub: Any) -> None:
        async for message in pubsub.listen():
            self._handlers[message["channel"]](message["data"])

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            with suppress(self._errors):
                self._beat()

    def _beat(self) -> None:
        self.client.set(key("engine", self.engine), 1, px=int(ALIVE * 1000))

    # -- messages --------------------------------------------------------------------------------

    def on(self, channel: str, handler: Handler) -> None:
        """Register a handler for the messages of a channel; before ``start``."""
        self._handlers[key(channel).encode()] = handler

    def publish(self, channel: str, message: Any) -> None:
        """Send a message to all engines, this one included.

        Raises:
            Failure: the server does not answer.
        """
        with self.answering():
            self.client.publish(key(channel), msgspec.json.encode(message))

    # -- claims ----------------------------------------------------------------------------------

    def claim(self, *name: str, seconds: float = 3600.0) -> bool:
        """Whether this engine is the first to claim a thing, for so many seconds.

        Raises:
            Failure: the server does not answer.
        """
        with self.answering():
            milliseconds = max(1, int(seconds * 1000))
            claimed = self.client.set(key(*name), self.engine, nx=True, px=milliseconds)
        return bool(claimed)

    def take_over(self, *name: str) -> bool:
        """Whether this engine may take over a thing because its former engine is gone.

        Raises:
            Failure: the server does not answer.
        """
        with self.answering():
            owner = self.client.get(key(*name))
            if owner is not None and self.client.exists(key("engine", owner.decode())):
                return False
            self.client.delete(key(*name))
        return self.claim(*name)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn errors of the server into a failure of the call."""
        try:
            yield
        except self._errors as fault:
            raise Failure("redis_error", f"{self.url}: {fault}") from None


def key(*parts: str) -> str:
    """A key in Redis with the engine's own prefix."""
    return PREFIX + ":".join(parts)
