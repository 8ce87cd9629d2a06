"""HTTP/1.1 on one connection: plain requests, and the upgrade that ends them.

h11 does the parsing and the framing. The rules of the upgrade are in RFC 6455, section 4.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal, Protocol

import h11
from websockets.utils import accept_key

from mock_engine.transcript import Answered, Event, Request, Requested
from mock_engine.wire.handshakes import wants_websocket
from mock_engine.wire.limits import Limits
from mock_engine.wire.responses import Response

BODILESS = (204, 205, 304)
BAD_REQUEST = 400
TOO_LARGE = 413
HEAD_TOO_LARGE = 431


class Carrier(Protocol):
    """The connection of an exchange, and the application that answers there."""

    id: int
    request: Request | None
    admission: Awaitable[None] | None

    def note(self, make: Callable[[float], Event]) -> None:
        """Record the event that ``make`` builds from the time, in seconds."""

    def write_http(self, data: bytes) -> None:
        """Write the bytes of an HTTP answer."""

    def await_request(self, seconds: float) -> None:
        """Limit the time for the peer to send a request, or the rest of it."""

    def request_complete(self) -> None:
        """A request is complete: its time limit ends."""

    def upgrade(self, request: Request) -> Response | Literal[False] | None:
        """Accept an upgrade with ``None``, refuse it, or leave it unanswered with ``False``."""

    def become_websocket(self, trailing: bytes) -> None:
        """The upgrade is answered; what followed the request is frames."""

    async def respond(self, request: Request, body: bytes) -> Response:
        """Answer a plain request."""

    def pause_reading(self) -> None:
        """Stop taking bytes from the socket."""

    def resume_reading(self) -> None:
        """Take bytes from the socket again."""

    def cut(self) -> None:
        """End the connection after the queued bytes were sent."""


class HttpExchange:
    """Reads requests and writes answers until the connection ends or becomes a WebSocket."""

    def __init__(
        self,
        connection: Carrier,
        limits: Limits,
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.request_head)
        self._request: Request | None = None
        self._body: list[bytes] = []
        self._body_size = 0
        self._task: asyncio.Task[None] | None = None
        self._is_timed = True

    def feed(self, data: bytes) -> None:
        """Process bytes from the peer."""
        self._http.receive_data(data)
        self._advance()

    def abandon(self) -> None:
        """The connection is gone: nobody waits for the answer."""
        if self._task is not None:
            self._task.cancel()

    def _advance(self) -> None:
        """Process the input up to a complete request; the next one waits for its answer."""
        try:
            self._take_events()
        except h11.RemoteProtocolError as broken:
            self._refuse(Response(broken.error_status_hint or BAD_REQUEST, str(broken).encode()))
        self._bound()

    def _bound(self) -> None:
        """Start the time limit of a request, and stop reading from a peer that is far ahead."""
        ahead, _ = self._http.trailing_data
        if self._http.their_state is h11.IDLE and ahead and not self._is_timed:
            self._is_timed = True
            self._connection.await_request(self._limits.request_time)
        if self._http.their_state is h11.DONE and len(ahead) > self._limits.request_head:
            self._connection.pause_reading()

    def _take_events(self) -> None:
        while self._connection_alive():
            event = self._http.next_event()
            if event is h11.NEED_DATA and self._http.they_are_waiting_for_100_continue:
                going_on = h11.InformationalResponse(status_code=100, headers=[])
                self._connection.write_http(self._http.send(going_on) or b"")
            if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._take_body(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._complete()

    def _connection_alive(self) -> bool:
        return self._http.our_state not in (h11.MUST_CLOSE, h11.ERROR, h11.SWITCHED_PROTOCOL)

    def _begin(self, head: h11.Request) -> None:
        request = Request(
            head.method.decode("ascii"),
            head.target.decode("latin-1"),
            tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in head.headers),
            head.http_version.decode("ascii"),
        )
        self._request = self._connection.request = request
        self._body, self._body_size, self._is_timed = [], 0, False
        self._connection.await_request(self._limits.body_time)
        self._connection.note(lambda at: Requested(at, self._connection.id, request))
        fault = request_fault(request, self._limits.request_head)
        if fault is not None:
            raise fault
        length = request.header("content-length")
        if length is not None and int(length) > self._limits.request_body:
            self._refuse(Response(TOO_LARGE))

    def _take_body(self, data: bytes) -> None:
        self._body_size += len(data)
        if self._body_size > self._limits.request_body:
            self._refuse(Response(TOO_LARGE))
        else:
            self._body.append(data)

    def _complete(self) -> None:
        assert self._request is not None
        self._connection.request_complete()
        if wants_websocket(self._request):
            self._upgrade(self._request)
        else:
            self._task = asyncio.ensure_future(self._respond(self._request, b"".join(self._body)))

    def _upgrade(self, request: Request) -> None:
        refusal = self._connection.upgrade(request)
        if isinstance(refusal, Response):
            self._refuse(refusal)
        if refusal is not None:
            return
        if self._connection.admission is None:
            self._switch(request)
        else:
            self._task = asyncio.ensure_future(self._admit(request, self._connection.admission))

    async def _admit(self, request: Request, admission: Awaitable[None]) -> None:
        await admission
        self._task = None
        self._switch(request)

    def _switch(self, request: Request) -> None:
        headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_key(request.header("sec-websocket-key") or "")),
        ]
        switching = h11.InformationalResponse(
            status_code=101, headers=headers, reason=b"Switching Protocols"
        )
        self._connection.note(lambda at: Answered(at, self._connection.id, 101))
        self._connection.write_http(self._http.send(switching) or b"")
        trailing, _ = self._http.trailing_data
        self._connection.become_websocket(trailing)

    async def _respond(self, request: Request, body: bytes) -> None:
        try:
            await self._answer(await self._connection.respond(request, body))
        except BaseException:
            self._connection.cut()
            raise
        if self._http.our_state is h11.MUST_CLOSE:
            self._connection.cut()
        elif self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
            self._connection.resume_reading()
            self._advance()

    async def _answer(self, response: Response) -> None:
        self._send_head(response)
        if not self._has_body(response):
            pass
        elif isinstance(response.body, AsyncIterator):
            async for chunk in response.body:
                self._send(h11.Data(data=chunk))
        elif response.body:
            self._send(h11.Data(data=response.body))
        self._send(h11.EndOfMessage())

    def _refuse(self, response: Response) -> None:
        """Answer at once, and end the connection."""
        assert isinstance(response.body, bytes)
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            closing = Response(
                response.status, response.body, (*response.headers, ("connection", "close"))
            )
            self._send_head(closing)
            if closing.body and self._has_body(closing):
                self._send(h11.Data(data=response.body))
            self._send(h11.EndOfMessage())
        self._connection.cut()

    def _has_body(self, response: Response) -> bool:
        """Whether an answer may carry a body (RFC 9110, section 6.4.1)."""
        head = self._request is not None and self._request.method == "HEAD"
        return not head and response.status not in BODILESS

    def _send_head(self, response: Response) -> None:
        headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in response.headers]
        if isinstance(response.body, bytes):
            headers.append((b"content-length", b"%d" % len(response.body)))
        self._connection.note(lambda at: Answered(at, self._connection.id, response.status))
        self._send(
            h11.Response(
                status_code=response.status, headers=headers, reason=response.reason.encode()
            )
        )

    def _send(self, event: h11.Event) -> None:
        self._connection.write_http(self._http.send(event) or b"")


def request_fault(request: Request, largest: int) -> h11.RemoteProtocolError | None:
    """A fault in the head of a request that h11 does not detect."""
    if request.header("content-length") and request.header("transfer-encoding"):
        text = "both Content-Length and Transfer-Encoding are given"  # RFC 9112, section 6.3
        return h11.RemoteProtocolError(text)
    if request.target != "*" and not request.path.startswith("/"):
        return h11.RemoteProtocolError("the target is no path")
    if len(request.target) + sum(len(k) + len(v) for k, v in request.headers) > largest:
        return h11.RemoteProtocolError("the head is too large", error_status_hint=HEAD_TOO_LARGE)
    return None
