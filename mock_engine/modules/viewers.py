"""Viewers, which follow streams over WebSockets: joining, leaving, and their messages."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec

from mock_engine import paths
from mock_engine.messages import is_given
from mock_engine.modules.base import NOTHING, Failure
from mock_engine.modules.host import Host
from mock_engine.transcript import Request
from mock_engine.wire import Connection, Response, plain


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a viewer follows: a group, or one ``item`` of it."""

    id: str
    stream: str
    group: str
    item: str | None

    def covers(self, other: Subscription) -> bool:
        """Whether an event about ``other`` belongs to it."""
        same = (self.stream, self.group) == (other.stream, other.group)
        return same and self.item in (None, other.item)


class Wish(msgspec.Struct, frozen=True, rename="camel"):
    """The subscription that a viewer names when it joins or leaves."""

    subscription_id: str
    stream_name: str
    group_id: str
    id: str | None = None

    @property
    def subscription(self) -> Subscription:
        """The named subscription."""
        return Subscription(self.subscription_id, self.stream_name, self.group_id, self.id)


class Join(msgspec.Struct, frozen=True, tag="join"):
    """A viewer wants to join."""

    data: Wish


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """A viewer wants to leave."""

    data: Wish


_decoder = msgspec.json.Decoder(Join | Leave)


@dataclass(slots=True)
class Viewer:
    """A WebSocket, its subscriptions, and the context that the auth function returned.

    The lock keeps its messages in order while one of them waits for an answer.
    """

    connection: Connection
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    context: Any = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def send(self, event: dict[str, Any]) -> None:
        """Send it a message."""
        self.connection.send_text(msgspec.json.encode(event))


class Streams(Protocol):
    """The module whose streams are viewed."""

    host: Host

    async def read(self, inputs: dict[str, Any]) -> Any:
        """An item, or the items of a group."""

    async def admits(self, wish: Subscription, context: Any) -> bool:
        """Whether a subscription may begin."""

    async def left(self, subscription: Subscription, context: Any) -> None:
        """A subscription is over."""


class Viewers:
    """The application on the port of streams."""

    def __init__(self, module: Streams, auth_function: str | None) -> None:
        self._module = module
        self._auth_function = auth_function
        self._viewers: dict[int, Viewer] = {}

    def notify(self, about: Subscription, event: dict[str, Any]) -> None:
        """Send an event to each subscription it belongs to."""
        text = msgspec.json.encode(event)
        for viewer in self._viewers.values():
            for subscription in viewer.subscriptions.values():
                if subscription.covers(about):
                    viewer.connection.send_text(text)

    def upgrade(self, connection: Connection) -> Response | None:
        """Accept every connection on the path, after the auth function has answered."""
        assert connection.request is not None
        if connection.request.path != paths.STREAMS:
            return Response(404)
        viewer = self._viewers[connection.id] = Viewer(connection)
        if self._auth_function is not None:
            connection.admission = self._identify(viewer, self._auth_function)
        return None

    def opened(self, connection: Connection) -> None:
        """A viewer has connected."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Let a viewer join or leave; anything else is dropped."""
        del binary
        try:
            wish = _decoder.decode(data)
        except (msgspec.DecodeError, RecursionError):
            return
        viewer = self._viewers[connection.id]
        act = self._join if isinstance(wish, Join) else self._leave
        self._module.host.spawn(act(viewer, wish.data.subscription))

    def closed(self, connection: Connection) -> None:
        """A viewer is gone, and its subscriptions with it."""
        self._module.host.spawn(self._forget(self._viewers.pop(connection.id)))

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Refuse plain HTTP."""
        del connection, body
        return plain(request) if request.path == paths.STREAMS else Response(404)

    async def _identify(self, viewer: Viewer, function_id: str) -> None:
        connection = viewer.connection
        assert connection.request is not None
        question = {
            "headers": {name.lower(): value for name, value in connection.request.headers},
            "path": connection.request.path,
            "query_params": parse_qs(
                urlsplit(connection.request.target).query, keep_blank_values=True
            ),
            "addr": f"{connection.peer[0]}:{connection.peer[1]}",
        }
        try:
            result = await self._module.host.attempt(function_id, question)
        except asyncio.CancelledError:
            del self._viewers[connection.id]  # it left before it was admitted
            raise
        answer = msgspec.json.decode(result) if is_given(result) else None
        viewer.context = answer.get("context") if isinstance(answer, dict) else None

    async def _join(self, viewer: Viewer, wish: Subscription) -> None:
        async with viewer.turn:
            if not await self._module.admits(wish, viewer.context):
                viewer.send(message(wish, {"type": "unauthorized"}))
                return
            wanted = {"stream_name": wish.stream, "group_id": wish.group}
            if wish.item is not None:
                wanted["item_id"] = wish.item
            viewer.subscriptions[wish.id] = wish
            try:
                value = await self._module.read(wanted)
            except Failure:
                return
            if viewer.connection.id in self._viewers:
                viewer.send(message(wish, {"type": "sync", "data": _plain(value)}))

    async def _leave(self, viewer: Viewer, wish: Subscription) -> None:
        async with viewer.turn:
            # Even a viewer that never joined can leave. The subscription exists until then.
            await self._module.left(wish, viewer.context)
            viewer.subscriptions.pop(wish.id, None)

    async def _forget(self, viewer: Viewer) -> None:
        async with viewer.turn:
            for subscription in viewer.subscriptions.values():
                await self._module.left(subscription, viewer.context)


def message(about: Subscription, event: dict[str, Any]) -> dict[str, Any]:
    """The message for viewers and triggers; the timestamp is in milliseconds since the epoch."""
    return {
        "type": "stream",
        "timestamp": time.time_ns() // 1_000_000,
        "streamName": about.stream,
        "groupId": about.group,
        "id": about.item,
        "event": event,
    }


def visit(about: Subscription, context: Any) -> dict[str, Any]:
    """The data for functions that watch subscriptions begin and end."""
    return {
        "subscription_id": about.id,
        "stream_name": about.stream,
        "group_id": about.group,
        "id": about.item,
        "context": context,
    }


def _plain(value: Any) -> Any:
    return None if value is NOTHING else value
