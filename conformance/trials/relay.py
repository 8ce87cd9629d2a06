"""A proxy between workers and a real engine.

Everything that a worker sends is forwarded to the engine, and everything that the engine sends to
the worker, over one connection to the engine for each of the worker's. So the suite sees the whole
conversation, can drop, delay and split messages on the worker's side, and can insert messages of
its own.

A worker's answers to the suite's own messages are not forwarded: of answers, only those to requests
of the engine itself are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from conformance.errors import UsageError
from conformance.settings.upstream import Upstream
from mock_engine.paths import CHANNELS, TELEMETRY, WORKERS
from mock_engine.transcript import Request
from mock_engine.wire import Connection, Response

OPENING = 10.0
"""Seconds for the handshake with the engine."""

GREETING = 2.0
"""Seconds after which a worker is listened to although no engine has greeted it."""

NOT_FOUND = 404

ASKED = {"invokefunction": "invocation_id", "registertrigger": "id"}
"""The requests of an engine, and the field by which the answer identifies them."""

ANSWERS = {"invocationresult": "invocation_id", "triggerregistrationresult": "id"}
"""The message types with which a worker answers."""

REPLACED = frozenset(("host", "connection", "upgrade", "user-agent"))
"""Headers of the worker's request that the connection to the engine sets itself."""


class Relay:
    """An application that forwards everything to an engine, and back."""

    def __init__(self, upstream: Upstream) -> None:
        self._engine = upstream.open()
        self._links: dict[int, _Link] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def upgrade(self, connection: Connection) -> Response | None:
        """Accept the paths that an engine serves."""
        path = _request(connection).path
        served = path in (WORKERS, TELEMETRY) or path.startswith(CHANNELS)
        return None if served else Response(NOT_FOUND)

    def opened(self, connection: Connection) -> None:
        """Open a connection to the engine for this one, which is read from once it was greeted.

        A worker may send something before the greeting; but what happens to it then would depend on
        how far the engine is.
        """
        connection.pause_reading()
        link = self._links[connection.id] = _Link(connection)
        self._do(link.run(self._engine))

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Forward a message to the engine."""
        link = self._links.get(connection.id)
        if link is not None:
            link.pass_on(data, binary)

    def closed(self, connection: Connection) -> None:
        """The worker is gone: close its connection to the engine, too."""
        link = self._links.pop(connection.id, None)
        if link is not None:
            link.end()

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Refuse plain HTTP: workers use WebSockets."""
        del connection, request, body
        return Response(NOT_FOUND)

    async def start(self) -> None:
        """Have the engine ready before a worker dials: it would answer late, as none does.

        Raises:
            UsageError: the engine cannot be used.
        """
        try:
            await self._engine.url()
        except OSError as fault:
            raise UsageError(f"the engine behind the suite: {fault}") from None

    async def stop(self) -> None:
        """End every connection to the engine, and the engine, if the suite started it."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Link:
    """The connection to the engine that belongs to one of the worker's."""

    def __init__(self, connection: Connection) -> None:
        self._worker = connection
        self._waiting: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._asked: set[tuple[str, str]] = set()
        self._is_worker = _request(connection).path == WORKERS
        self._ended = self._heard = False

    def pass_on(self, data: bytes, binary: bool) -> None:
        """Forward a message of the worker to the engine, after those that came before it."""
        if not self._is_worker or self._concerns_engine(data):
            self._waiting.put_nowait(data if binary else data.decode("utf-8", "replace"))

    def end(self) -> None:
        """End when all that came before is sent, if the engine is there by now."""
        self._ended = True
        self._waiting.put_nowait(None)

    async def run(self, engine: Any) -> None:
        """Forward messages in both directions until one side ends."""
        request = _request(self._worker)
        try:
            url = await engine.url()
            socket = await connect(
                url.rstrip("/") + request.target,
                additional_headers=_headers(request),
                user_agent_header=request.header("user-agent"),
                compression=None,
                ping_interval=None,
                max_size=None,
                open_timeout=OPENING,
                close_timeout=0,
                proxy=None,
            )
        except (OSError, TimeoutError, WebSocketException) as fault:
            self._worker.note_fault(f"the engine behind the suite: {fault}")
            self._worker.reset()
            return
        if self._ended:  # the worker did not wait: the engine is not to know of it
            socket.transport.abort()
            return
        greeting = asyncio.get_running_loop().call_later(GREETING, self._greeted)
        if not self._is_worker:
            self._greeted()
        try:
            await self._pass_both_ways(socket)
        finally:
            greeting.cancel()

    def _greeted(self) -> None:
        """Read from the worker from now on."""
        if not (self._heard or self._ended):
            self._heard = True
            self._worker.resume_reading()

    async def _pass_both_ways(self, socket: ClientConnection) -> None:
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send(socket))
            tasks.create_task(self._receive(socket, sending))

    async def _send(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while (data := await self._waiting.get()) is not None:
                await socket.send(data)
        socket.transport.abort()

    async def _receive(self, socket: ClientConnection, sending: asyncio.Task[None]) -> None:
        try:
            while True:
                data = await socket.recv()
                if isinstance(data, bytes):
                    self._worker.send_binary(data)
                else:
                    self._remember(data)
                    self._worker.send_text(data.encode())
                self._greeted()
        except ConnectionClosed as closed:
            sending.cancel()
            if closed.rcvd is not None:
                self._worker.close(closed.rcvd.code, closed.rcvd.reason)
            else:
                self._worker.cut()

    def _remember(self, text: str) -> None:
        """Remember what the engine requested."""
        message = _decoded(text)
        field = ASKED.get(str(message.get("type")))
        if field is not None:
            self._asked.add((field, str(message.get(field))))

    def _concerns_engine(self, data: bytes) -> bool:
        """Whether a message is more than an answer to the suite."""
        message = _decoded(data)
        field = ANSWERS.get(str(message.get("type")))
        return field is None or (field, str(message.get(field))) in self._asked


def _request(connection: Connection) -> Request:
    assert connection.request is not None
    return connection.request


def _headers(request: Request) -> list[tuple[str, str]]:
    """The worker's own headers, without those that every WebSocket connection has."""
    return [
        (name, value)
        for name, value in request.headers
        if name not in REPLACED and not name.startswith("sec-websocket")
    ]


def _decoded(data: bytes | str) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(data)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
