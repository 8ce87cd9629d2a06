"""Lets workers in by any path.

The engine serves workers on ``/`` alone and answers 404 elsewhere. A worker that dials another
path would then show nothing but that; here it is let in, and told what it did wrong.
"""

from __future__ import annotations

from dataclasses import replace

from mock_engine.transcript import Request
from mock_engine.wire import Application, Connection, Response

NOT_FOUND = 404


class AnyPath:
    """An application that treats a path its engine does not know as ``/``."""

    def __init__(self, engine: Application) -> None:
        self._engine = engine

    def upgrade(self, connection: Connection) -> Response | None:
        """Ask the engine, and ask again as if for ``/`` when it knows no such path."""
        refusal = self._engine.upgrade(connection)
        if refusal is None or refusal.status != NOT_FOUND or connection.request is None:
            return refusal
        query = connection.request.query
        connection.request = replace(connection.request, target="/?" + query if query else "/")
        return self._engine.upgrade(connection)

    def opened(self, connection: Connection) -> None:
        """Pass on."""
        self._engine.opened(connection)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Pass on."""
        self._engine.received(connection, data, binary)

    def closed(self, connection: Connection) -> None:
        """Pass on."""
        self._engine.closed(connection)

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Pass on."""
        return await self._engine.respond(connection, request, body)
