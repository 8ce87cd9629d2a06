"""An application without WebSockets."""

from __future__ import annotations

from mock_engine.transcript import Request
from mock_engine.wire.connection import Connection
from mock_engine.wire.responses import Response


class HttpOnly:
    """Answers plain requests; ``refused`` is the answer to upgrade requests."""

    refused = Response(404)

    def upgrade(self, connection: Connection) -> Response | None:
        """Refuse."""
        del connection
        return self.refused

    def opened(self, connection: Connection) -> None:
        """Never happens: no upgrade is accepted."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Never happens: no upgrade is accepted."""

    def closed(self, connection: Connection) -> None:
        """Never happens: no upgrade is accepted."""

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Answer a request."""
        raise NotImplementedError
