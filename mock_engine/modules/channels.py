"""Channels: one-way pipes between two WebSockets, or a WebSocket and the engine.

Rules of this file:

* A channel has a writing and a reading end; each can be taken once. A second connection is accepted
  and closed at once (engine 0.23).
* Written messages wait for a reader. A writer that is far ahead is not read from until the reader
  catches up.
* A writer's close frame is answered, and its reader gets a close frame and the end of the stream at
  once. A reader's close frame is not answered (engine 0.23).
* A channel whose ends were both taken is remembered for a while, so that a late connection is
  closed instead of refused with 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from mock_engine import paths
from mock_engine.ids import new_id
from mock_engine.inputs import Form, is_size, optional
from mock_engine.messages import InvokeFunction
from mock_engine.modules.base import Module, Offer
from mock_engine.modules.channel import AHEAD, READ, WRITE, Channel
from mock_engine.transcript import Request
from mock_engine.wire import Connection, Response, plain

REMEMBERED = 4096
"""The most channels that are kept; the oldest is removed first."""

UNANSWERED = 2.0
"""How long a reader that closes first gets no answer, in seconds (engine 0.23)."""

CREATE = Form("CreateChannelInput", (optional("buffer_size", is_size),), needed=0)


class Channels(Module):
    """``engine::channels::create`` and the WebSockets on ``/ws/channels/ID``."""

    name = "iii-engine-functions"
    trigger_types: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._channels: dict[str, Channel] = {}
        self._ends: dict[int, tuple[Channel, str]] = {}

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        offer = Offer(self._create, "Create a streaming channel pair")
        return {"engine::channels::create": offer}

    def _create(self, call: InvokeFunction) -> Any:
        size = CREATE.read(call.data, call.function_id)["buffer_size"]
        channel = self.create(AHEAD if size is None else size)
        return {"writer": channel.end(WRITE), "reader": channel.end(READ)}

    def create(self, ahead: int = AHEAD) -> Channel:
        """A new channel."""
        return self._keep(Channel(new_id(), new_id(), ahead))

    def provide(self, identity: str, key: str) -> Channel:
        """The channel with this id; a new one with this key if there is none."""
        return self._channels.get(identity) or self._keep(Channel(identity, key))

    def _keep(self, channel: Channel) -> Channel:
        self._channels[channel.id] = channel
        if len(self._channels) > REMEMBERED:
            del self._channels[next(iter(self._channels))]
        return channel

    def forget(self, channel: Channel) -> None:
        """Remove a channel that is no longer needed."""
        self._channels.pop(channel.id, None)

    # -- its WebSockets --------------------------------------------------------------------------

    def serves(self, path: str) -> bool:
        """Whether a path has the form of a channel's path."""
        name = path.removeprefix(paths.CHANNELS)
        return path.startswith(paths.CHANNELS) and name != "" and "/" not in name

    def upgrade(self, connection: Connection) -> Response | None:
        """Accept a request that names an existing channel and its key."""
        assert connection.request is not None
        query = _query(connection.request)
        fault = _fault(query)
        if fault is not None:
            return fault
        channel = self._channels.get(connection.request.path.removeprefix(paths.CHANNELS))
        if channel is None or channel.key != query["key"][-1]:
            return _refusal(404, "Channel not found")
        self._ends[connection.id] = channel, query["dir"][-1]
        return None

    def plain(self, request: Request) -> Response:
        """Refuse a request that does not ask for a WebSocket."""
        fault = _fault(_query(request)) if request.method in ("GET", "HEAD") else None
        return fault or plain(request)

    def opened(self, connection: Connection) -> None:
        """Give a connection its end of the channel, unless that end is taken."""
        channel, direction = self._ends[connection.id]
        if direction in channel.taken:
            del self._ends[connection.id]
            connection.end()
            return
        channel.taken.add(direction)
        if direction == WRITE:
            channel.writer = connection
            connection.answers_close = True
        else:
            connection.close_delay = UNANSWERED
            channel.read(
                lambda binary, data: (connection.send_binary if binary else connection.send_text)(
                    data
                ),
                connection.end,
            )

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Pass on a writer's messages; a reader's messages are ignored."""
        channel, direction = self._ends.get(connection.id, (None, ""))
        if channel is not None and direction == WRITE:
            channel.write(binary, data)

    def closed(self, connection: Connection) -> None:
        """The connection of an end is gone."""
        channel, direction = self._ends.pop(connection.id, (None, ""))
        if channel is None:
            return
        if direction == WRITE:
            channel.finish()
        else:
            channel.abandon()


def _query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.target).query, keep_blank_values=True)


def _fault(query: Mapping[str, list[str]]) -> Response | None:
    """What is wrong with the query of a request for a channel's end."""
    wrong = next((name for name in query.get("dir", ()) if name not in (READ, WRITE)), None)
    missing = next((name for name in ("key", "dir") if name not in query), None)
    if wrong is not None:
        text = f"dir: unknown variant `{wrong}`, expected `{READ}` or `{WRITE}`"
    elif missing is not None:
        text = f"missing field `{missing}`"
    else:
        return None
    return _refusal(400, f"Failed to deserialize query string: {text}")


def _refusal(status: int, text: str) -> Response:
    return Response(status, text.encode(), (("content-type", "text/plain; charset=utf-8"),))
