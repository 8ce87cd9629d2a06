"""The application that serves workers if a scenario takes over the engine's part, or some of it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from mock_engine.modules.channels import Channels
from mock_engine.paths import CHANNELS, WORKERS
from mock_engine.wire import Application, Connection, PassThrough, Response


def _path(connection: Connection) -> str:
    return connection.request.path if connection.request is not None else ""


class Answering(PassThrough):
    """Keeps the calls of some functions from the engine, because the scenario answers them."""

    def __init__(self, engine: Application, functions: tuple[str, ...]) -> None:
        super().__init__(engine)
        self._functions = frozenset(functions)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """As the engine, except for calls of these functions."""
        if not self._is_answered(data):
            super().received(connection, data, binary)

    def _is_answered(self, data: bytes) -> bool:
        try:
            message = json.loads(data)
        except ValueError:
            return False
        if not isinstance(message, dict) or message.get("type") != "invokefunction":
            return False
        return message.get("function_id") in self._functions


class Scripted(PassThrough):
    """Sends nothing to workers; telemetry and the ends of channels are handled as always.

    A channel that the scenario names to a worker exists as soon as the worker takes an end of it.
    """

    def __init__(self, engine: Application, channels: Channels) -> None:
        super().__init__(engine)
        self._channels = channels

    def upgrade(self, connection: Connection) -> Response | None:
        """As the engine, which knows every channel."""
        path = _path(connection)
        if path.startswith(CHANNELS) and connection.request is not None:
            (key, *_) = parse_qs(connection.request.query).get("key", [""])
            self._channels.provide(path.removeprefix(CHANNELS), key)
        return super().upgrade(connection)

    def opened(self, connection: Connection) -> None:
        """A worker is not greeted."""
        if _path(connection) != WORKERS:
            super().opened(connection)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """A worker's messages are ignored."""
        if _path(connection) != WORKERS:
            super().received(connection, data, binary)

    def closed(self, connection: Connection) -> None:
        """A worker's connection is not tracked."""
        if _path(connection) != WORKERS:
            super().closed(connection)
