"""A minimal engine: it accepts workers, records their messages, and sends what a test wants."""

from __future__ import annotations

import asyncio
import functools
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from reference_workers.client import Worker
from reference_workers.client.settings import Settings
from reference_workers.client.times import Times

DEADLINE = 10.0
TOKEN = "secret"


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in an event loop, with a time limit."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 3 * DEADLINE))

    return run


class Link:
    """One connection of a worker."""

    def __init__(self, number: int, socket: ServerConnection) -> None:
        self.worker_id = f"worker-{number}"
        self.token = f"token-{number}"
        self.messages: list[dict[str, Any]] = []
        self._socket = socket
        self._news = asyncio.Condition()
        self._taken: set[int] = set()

    @property
    def path(self) -> str:
        assert self._socket.request is not None
        return self._socket.request.path

    @property
    def authorization(self) -> str | None:
        assert self._socket.request is not None
        return self._socket.request.headers.get("Authorization")

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        await self._socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def greet(self) -> None:
        greeting = {"worker_id": self.worker_id, "reattach_token": self.token}
        await self.send({"type": "workerregistered", **greeting})

    async def expect(self, **fields: Any) -> dict[str, Any]:
        """The first message with these fields that no test has taken yet."""

        def found() -> int | None:
            for index, message in enumerate(self.messages):
                if index not in self._taken and fields.items() <= message.items():
                    return index
            return None

        async with self._news:
            try:
                await asyncio.wait_for(
                    self._news.wait_for(lambda: found() is not None), timeout=DEADLINE
                )
            except TimeoutError:
                raise AssertionError(f"no message {fields}; there are {self.messages}") from None
            index = found()
        assert index is not None
        self._taken.add(index)
        return self.messages[index]

    async def announced(self) -> dict[str, Any]:
        """The announcement, which is the last opening message of a worker."""
        return await self.expect(type="invokefunction", function_id="engine::workers::register")

    async def invoke(self, function_id: str, data: Any = None, **fields: Any) -> str:
        """Invoke without waiting; return the invocation id."""
        invocation_id = str(uuid.uuid4())
        named = {"invocation_id": invocation_id, "function_id": function_id, "data": data}
        await self.send({"type": "invokefunction", **named, **fields})
        return invocation_id

    async def ask(self, function_id: str, data: Any = None, **fields: Any) -> dict[str, Any]:
        """Invoke and wait for the answer."""
        invocation_id = await self.invoke(function_id, data, **fields)
        return await self.expect(type="invocationresult", invocation_id=invocation_id)

    async def close(self, code: int = 1000) -> None:
        await self._socket.close(code)

    async def abort(self) -> None:
        self._socket.transport.abort()
        await self._socket.wait_closed()

    def freeze(self) -> None:
        """Stop reading, so that pings stay unanswered."""
        self._socket.transport.pause_reading()

    async def ended(self) -> None:
        await asyncio.wait_for(self._socket.wait_closed(), DEADLINE)

    async def listen(self) -> None:
        with suppress(ConnectionClosed):
            async for raw in self._socket:
                async with self._news:
                    self.messages.append(json.loads(raw))
                    self._news.notify_all()


@dataclass
class Engine:
    """All connections, in order."""

    url: str = ""
    links: list[Link] = field(default_factory=list)
    arrivals: asyncio.Queue[Link] = field(default_factory=asyncio.Queue)
    on_connect: Callable[[Link], Awaitable[None]] = Link.greet

    async def next(self) -> Link:
        return await asyncio.wait_for(self.arrivals.get(), DEADLINE)

    async def ready(self) -> Link:
        """The next connection, once its worker is announced."""
        link = await self.next()
        await link.announced()
        return link

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if socket.request.path.endswith("/otel"):  # telemetry has its own connection
            await socket.wait_closed()
            return
        link = Link(len(self.links) + 1, socket)
        self.links.append(link)
        self.arrivals.put_nowait(link)
        with suppress(ConnectionClosed):
            await self.on_connect(link)
        await link.listen()


@asynccontextmanager
async def engine(port: int = 0) -> AsyncIterator[Engine]:
    """An engine on a free port of the loopback interface."""
    made = Engine()
    async with serve(
        made.handle, "127.0.0.1", port, max_size=None, ping_interval=None, close_timeout=0.1
    ) as server:
        made.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield made


@dataclass(frozen=True)
class Recorded(Times):
    """Short delays, and a record of the actual ones, as multiples of the first."""

    first_delay: float = 0.01
    longest_delay: float = 0.08
    jitter: float = 0.0
    waited: list[float] = field(default_factory=list)
    losses: asyncio.Queue[float] = field(default_factory=asyncio.Queue)

    def delays(self) -> Iterator[float]:
        for delay in super().delays():
            self.waited.append(round(delay / self.first_delay))
            self.losses.put_nowait(delay)
            yield delay

    async def loss(self) -> None:
        """Wait until the worker has noticed one more loss, or one more failed attempt."""
        await asyncio.wait_for(self.losses.get(), DEADLINE)


@asynccontextmanager
async def serving(
    url: str,
    offer: Callable[[Worker], None] = lambda worker: None,
    times: Times | None = None,
    **settings: Any,
) -> AsyncIterator[Worker]:
    """An in-process worker, stopped on exit."""
    worker = Worker(Settings(url, "tested", **settings), times or Recorded())
    offer(worker)
    running = asyncio.ensure_future(worker.serve())
    try:
        yield worker
    finally:
        await worker.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
