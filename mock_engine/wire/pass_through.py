"""An application that wraps another one."""

from __future__ import annotations

from mock_engine.transcript import Request
from mock_engine.wire.connection import Application, Connection
from mock_engine.wire.responses import Response


class PassThrough:
    """Passes everything on to ``application``, which may be replaced while nobody is connected.

    Subclasses override the part that they change.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def upgrade(self, connection: Connection) -> Response | None:
        """Pass on."""
        return self.application.upgrade(connection)

    def opened(self, connection: Connection) -> None:
        """Pass on."""
        self.application.opened(connection)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Pass on."""
        self.application.received(connection, data, binary)

    def closed(self, connection: Connection) -> None:
        """Pass on."""
        self.application.closed(connection)

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Pass on."""
        return await self.application.respond(connection, request, body)
