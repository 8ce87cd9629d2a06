"""A port of the engine for workers, and the endpoints on its paths."""

from __future__ import annotations

from typing import Protocol

from mock_engine.core.grants import Policy
from mock_engine.modules.channels import Channels
from mock_engine.paths import TELEMETRY, WORKERS
from mock_engine.transcript import Request
from mock_engine.wire import Connection, Response, plain


class Served(Protocol):
    """What a port needs from its engine."""

    @property
    def channels(self) -> Channels:
        """The engine's channels."""

    def opened(self, connection: Connection, policy: Policy | None = None) -> None:
        """A worker's WebSocket is open; ``policy`` guards its port, if given."""

    def received(self, connection: Connection, data: bytes) -> None:
        """A worker sent a message."""

    def closed(self, connection: Connection) -> None:
        """A worker's WebSocket is gone."""

    def authorise(self, connection: Connection, policy: Policy) -> None:
        """A telemetry connection is open on a guarded port."""

    def left(self, connection: Connection) -> None:
        """A connection that was not a worker's is gone."""

    def reported(self, data: bytes) -> bool:
        """Keep the telemetry in a frame; return whether it is a telemetry frame."""


class Endpoint(Protocol):
    """How the engine handles the WebSockets on one path."""

    def opened(self, connection: Connection) -> None:
        """The WebSocket is open."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """A complete message arrived."""

    def closed(self, connection: Connection) -> None:
        """The WebSocket is gone."""


class Sessions:
    """The sessions of workers, guarded by a policy, if there is one."""

    def __init__(self, engine: Served, policy: Policy | None) -> None:
        self._engine = engine
        self._policy = policy

    def opened(self, connection: Connection) -> None:
        """Greet a worker."""
        self._engine.opened(connection, self._policy)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Process a message, text or binary alike, or telemetry."""
        if not (binary and self._engine.reported(data)):
            self._engine.received(connection, data)

    def closed(self, connection: Connection) -> None:
        """A worker is gone."""
        self._engine.closed(connection)


class Reporting:
    """Connections for traces and metrics; they get no greeting."""

    def __init__(self, engine: Served, policy: Policy | None) -> None:
        self._engine = engine
        self._policy = policy
        self._connections: set[Connection] = set()

    def opened(self, connection: Connection) -> None:
        """Store a connection, and have it authorised on a guarded port."""
        self._connections.add(connection)
        if self._policy is not None:
            self._engine.authorise(connection, self._policy)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Keep telemetry; anything else is ignored."""
        del connection
        if binary:
            self._engine.reported(data)

    def closed(self, connection: Connection) -> None:
        """Remove a connection."""
        self._connections.discard(connection)
        self._engine.left(connection)

    def close(self) -> None:
        """Close every connection with a close frame."""
        for connection in tuple(self._connections):
            connection.close()


class WorkerPort:
    """What the engine serves on its port for workers: ``/``, ``/otel`` and channels."""

    def __init__(self, engine: Served, policy: Policy | None = None) -> None:
        self._channels = engine.channels
        self._telemetry = Reporting(engine, policy)
        self._endpoints: dict[str, Endpoint] = {
            WORKERS: Sessions(engine, policy),
            TELEMETRY: self._telemetry,
        }
        self._serving: dict[int, Endpoint] = {}

    def close_telemetry(self) -> None:
        """Close the telemetry connections; workers and channels get no close frame (0.23)."""
        self._telemetry.close()

    def upgrade(self, connection: Connection) -> Response | None:
        """Accept workers, telemetry, and the ends of channels."""
        path = _path(connection)
        if self._channels.serves(path):
            return self._channels.upgrade(connection)
        return None if path in self._endpoints else Response(404)

    def opened(self, connection: Connection) -> None:
        """From here on, the endpoint of the path serves the connection."""
        endpoint = self._endpoints.get(_path(connection), self._channels)
        self._serving[connection.id] = endpoint
        endpoint.opened(connection)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Pass a message on."""
        self._serving[connection.id].received(connection, data, binary)

    def closed(self, connection: Connection) -> None:
        """A connection is gone."""
        self._serving.pop(connection.id).closed(connection)

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Refuse plain HTTP: this port is for WebSockets."""
        del connection, body
        if self._channels.serves(request.path):
            return self._channels.plain(request)
        return plain(request) if request.path in self._endpoints else Response(404)


def _path(connection: Connection) -> str:
    return connection.request.path if connection.request is not None else ""
