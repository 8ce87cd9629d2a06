"""Requests for a WebSocket upgrade, and what is wrong with them.

The order and the texts are those of the framework of the engine's ports (axum).
"""

from __future__ import annotations

from mock_engine.transcript import Request
from mock_engine.wire.responses import Response

BAD_REQUEST, NOT_ALLOWED = 400, 405
TEXT = (("content-type", "text/plain; charset=utf-8"),)


def wants_websocket(request: Request) -> bool:
    """Whether ``request`` asks for a WebSocket (RFC 6455, section 4.1)."""
    tokens = (request.header("connection") or "").lower().replace(" ", "").split(",")
    return "upgrade" in tokens and (request.header("upgrade") or "").lower() == "websocket"


def handshake_fault(request: Request) -> Response | None:
    """The answer to an invalid upgrade request; ``None`` when the request is valid."""
    if request.method not in ("GET", "HEAD"):
        return Response(NOT_ALLOWED, headers=(("allow", "GET,HEAD"),))
    if request.method == "HEAD":
        return Response(NOT_ALLOWED, b"Request method must be `GET`", TEXT)
    if "upgrade" not in (request.header("connection") or "").lower():
        return Response(BAD_REQUEST, b"Connection header did not include 'upgrade'", TEXT)
    if (request.header("upgrade") or "").lower() != "websocket":
        return Response(BAD_REQUEST, b"`Upgrade` header did not include 'websocket'", TEXT)
    if request.header("sec-websocket-key") is None:
        return Response(BAD_REQUEST, b"`Sec-WebSocket-Key` header missing", TEXT)
    if request.header("sec-websocket-version") != "13":
        text = b"`Sec-WebSocket-Version` header did not include '13'"
        return Response(BAD_REQUEST, text, TEXT)
    return None


def plain(request: Request) -> Response:
    """The answer to a plain HTTP request where only WebSockets are served."""
    return handshake_fault(request) or Response(BAD_REQUEST)
