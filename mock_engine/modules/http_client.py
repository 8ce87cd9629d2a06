"""HTTP/1.1 from the engine to a URL: the requests to functions behind a URL.

Rules of this file:

* Head and body are sent in one write, with header names in lower case, ``host`` and
  ``content-length`` last, as the real engine's client writes them.
* An answer counts even if the request was not written completely: a server may answer early.
* A connection that a server keeps open is used for the next request to the same place.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, quote, urlsplit

import h11

PORTS = {"http": 80, "https": 443}
MOST_IDLE = 50
"""The most idle connections that are kept for one place (engine 0.23)."""

SAFE = "/%:?@!$&'()*+,;=~-._[]"
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")

Place = tuple[str, str, int]
"""A scheme, host and port."""


class Unreachable(Exception):  # noqa: N818 - named for what happened
    """A request got no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to a request."""

    status: int
    body: bytes


class _Link(asyncio.Protocol):
    """An open connection. Data that arrived before it broke can still be read."""

    def __init__(self) -> None:
        self.http = h11.Connection(h11.CLIENT)
        self._chunks: list[bytes] = []
        self._news = asyncio.Event()
        self._ended = False
        self._fault: Exception | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Store the data until it is read."""
        self._chunks.append(data)
        self._news.set()

    def eof_received(self) -> None:
        """The server ended its side."""
        self._ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._ended, self._fault = True, exc
        self._news.set()

    def write(self, data: bytes) -> None:
        """Send bytes, in one write as far as the system takes them."""
        self._transport.write(data)

    def close(self) -> None:
        """Close the connection."""
        self._transport.abort()

    async def read(self) -> bytes:
        """The next bytes, empty at the end of the stream.

        Raises:
            OSError: the connection broke.
        """
        while not self._chunks:
            if self._fault is not None:
                raise self._fault
            if self._ended:
                return b""
            self._news.clear()
            await self._news.wait()
        return self._chunks.pop(0)

    @property
    def is_idle(self) -> bool:
        """Whether it can be used for another request."""
        return self.http.our_state is h11.IDLE and not (self._ended or self._chunks)


class HttpClient:
    """Sends HTTP requests; ``close`` closes the idle connections."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[_Link]] = {}
        self._tls: ssl.SSLContext | None = None

    def close(self) -> None:
        """Close all idle connections."""
        for links in self._idle.values():
            for link in links:
                link.close()
        self._idle.clear()

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, seconds: float
    ) -> HttpAnswer:
        """Send a request and return its answer, within so many ``seconds``.

        Raises:
            Unreachable: there is no answer.
        """
        parts = urlsplit(url)
        request = _request(method, parts, headers, body)
        place = (parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])
        try:
            async with asyncio.timeout(seconds):
                return await self._send(place, request)
        except TimeoutError:
            raise Unreachable("operation timed out") from None

    async def _send(self, place: Place, request: bytes) -> HttpAnswer:
        while (link := self._reusable(place)) is not None:
            with suppress(_Stale):
                return await self._exchange(place, link, request, reused=True)
        link = await self._connected(place)
        return await self._exchange(place, link, request, reused=False)

    def _reusable(self, place: Place) -> _Link | None:
        links = self._idle.get(place, [])
        while links:
            link = links.pop()
            if link.is_idle:
                return link
            link.close()
        return None

    async def _connected(self, place: Place) -> _Link:
        scheme, host, port = place
        if scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        context = self._tls if scheme == "https" else None
        try:
            loop = asyncio.get_running_loop()
            _, link = await loop.create_connection(_Link, host, port, ssl=context)
        except OSError as fault:
            raise Unreachable(f"client error (Connect): {_why(fault)}") from None
        return link

    async def _exchange(
        self, place: Place, link: _Link, request: bytes, *, reused: bool
    ) -> HttpAnswer:
        kept = False
        try:
            answer = await _answered(link, request)
            kept = link.http.our_state is h11.DONE and link.http.their_state is h11.DONE
        except _Stale:
            if reused:
                raise
            text = "connection closed before message completed"
            raise Unreachable(f"client error (SendRequest): {text}") from None
        finally:
            if kept and len(self._idle.setdefault(place, [])) < MOST_IDLE:
                link.http.start_next_cycle()
                self._idle[place].append(link)
            else:
                link.close()
        return answer


class _Stale(Exception):  # noqa: N818 - named for what happened
    """The server closed the connection before it answered."""


def _request(
    method: str, url: SplitResult, headers: Sequence[tuple[str, str]], body: bytes
) -> bytes:
    """The bytes of a request. Headers of the same name are written next to each other."""
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name.lower(), []).append(value)
    fields.setdefault("accept", ["*/*"])
    fields["host"], fields["content-length"] = [_host(url)], [str(len(body))]
    target = quote(url.path or "/", SAFE) + (f"?{quote(url.query, SAFE)}" if url.query else "")
    lines = [f"{method} {target} HTTP/1.1"]
    for name, values in fields.items():
        for value in values:
            if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
                raise Unreachable(f"builder error: the header {name!r} cannot be sent")
            lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _host(url: SplitResult) -> str:
    name = url.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return name if url.port in (None, PORTS[url.scheme]) else f"{name}:{url.port}"


async def _answered(link: _Link, request: bytes) -> HttpAnswer:
    """Write a request and read its answer, even if the request was not written completely."""
    _note_sent(link.http)
    link.write(request)
    return await _read(link)


def _note_sent(http: h11.Connection) -> None:
    """Tell the parser that a request was sent; its bytes are written elsewhere."""
    http.send(h11.Request(method="GET", target="/", headers=[("host", "-")]))
    http.send(h11.EndOfMessage())


async def _read(link: _Link) -> HttpAnswer:
    status, body, began = 0, bytearray(), False
    while True:
        try:
            event = link.http.next_event()
            if event is h11.NEED_DATA:
                data = await link.read()
                if not data and not began:
                    raise _Stale
                link.http.receive_data(data)
                began = began or bool(data)
        except (OSError, h11.RemoteProtocolError) as fault:
            raise _broken(fault, began) from None
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return HttpAnswer(status, bytes(body))


def _broken(fault: Exception, began: bool) -> Exception:
    if isinstance(fault, OSError):
        if not began and isinstance(fault, ConnectionError):
            return _Stale()
        return Unreachable(f"client error (SendRequest): connection error: {_os_error(fault)}")
    if began:
        return Unreachable("error decoding response body")
    return Unreachable("client error (SendRequest): invalid HTTP version parsed")


def _why(fault: OSError) -> str:
    if isinstance(fault, socket.gaierror):
        return f"dns error: failed to lookup address information: {fault.strerror}"
    if isinstance(fault, ssl.SSLError):
        return f"invalid peer certificate: {fault.reason}"
    return f"tcp connect error: {_os_error(fault)}"


def _os_error(fault: OSError) -> str:
    """An operating system error as Rust formats it; asyncio may join several in one."""
    number = fault.errno or errno.ECONNREFUSED
    return f"{os.strerror(number)} (os error {number})"
