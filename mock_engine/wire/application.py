"""The interface of an application that a listener serves."""

from __future__ import annotations

from typing import Protocol, TypeVar

from mock_engine.transcript import Request
from mock_engine.wire.responses import Response

Peer = TypeVar("Peer", contravariant=True)


class ApplicationOf(Protocol[Peer]):
    """An application for connections of one type. All methods run in the event loop's thread."""

    def upgrade(self, connection: Peer) -> Response | None:
        """Decide on a WebSocket upgrade: ``None`` accepts it, a response refuses it."""

    def opened(self, connection: Peer) -> None:
        """The WebSocket is open."""

    def received(self, connection: Peer, data: bytes, binary: bool) -> None:
        """A complete message arrived. The data of a text message is valid UTF-8."""

    def closed(self, connection: Peer) -> None:
        """The WebSocket is gone. Called once for each ``opened``."""

    async def respond(self, connection: Peer, request: Request, body: bytes) -> Response:
        """Answer a plain HTTP request."""
