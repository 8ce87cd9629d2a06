"""What a plain HTTP request is answered with, and what an application is."""

from __future__ import annotations

import http
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mock_engine.transcript import Request

if TYPE_CHECKING:
    from mock_engine.wire.connection import Connection

Body = bytes | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer. A body of unknown length is an iterator of chunks."""

    status: int
    body: Body = b""
    headers: tuple[tuple[str, str], ...] = field(default=())

    @property
    def reason(self) -> str:
        """The standard phrase of the status, empty for one without."""
        try:
            return http.HTTPStatus(self.status).phrase
        except ValueError:
            return ""


class Application(Protocol):
    """What a listener serves. All methods are called in the thread of the event loop."""

    def upgrade(self, connection: Connection) -> Response | None:
        """Decide on a WebSocket upgrade: ``None`` accepts, a response refuses."""

    def opened(self, connection: Connection) -> None:
        """The WebSocket is open."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """One whole message arrived. The data of a text message is valid UTF-8."""

    def closed(self, connection: Connection) -> None:
        """The WebSocket is gone. Called once for each ``opened``."""

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Answer a plain HTTP request."""
