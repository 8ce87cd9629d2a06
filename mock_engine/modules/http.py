"""HTTP: functions as endpoints of a web server (``iii-http``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mock_engine import decoding
from mock_engine.ids import new_id
from mock_engine.inputs import is_u64
from mock_engine.messages import ABSENT, is_given
from mock_engine.modules.base import Bound, Failure, Module
from mock_engine.modules.channel import READ, WRITE, Channel
from mock_engine.modules.cors import Cors
from mock_engine.modules.host import Host, Trace
from mock_engine.modules.http_answer import (
    OK,
    answer,
    failure,
    headers,
    interjection,
    length,
    printable,
    refusal,
)
from mock_engine.modules.routes import Route, Routes
from mock_engine.transcript import Request
from mock_engine.wire import Connection, HttpOnly, Limits, Listener, Response

log = logging.getLogger("mock_engine")

PORT = 3111
TIMEOUT = 30_000
"""How long a handler may take, in milliseconds, unless the configuration says otherwise."""

CONCURRENCY = 1024
BODY = 64 * 1024 * 1024
"""The largest body of a request in bytes, unless the configuration says otherwise."""

CHANNELS = ("request_body", "response")
OFFICIAL = range(100, 600)
"""The statuses that can be set over a channel."""

UNPROCESSABLE, FAILED, TIMED_OUT = 422, 500, 504


class HttpModule(HttpOnly, Module):
    """The trigger type ``http`` and its web server."""

    name = "iii-http"
    refused = refusal(404, "NOT_FOUND", "Not Found")
    has_entry = True
    title = "Expose functions as HTTP endpoints."
    trigger_types: ClassVar[Mapping[str, str]] = {"http": "HTTP API trigger"}

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self.routes = Routes(lenient=options.get("ignore_trailing_slash") is True)
        self._cors = Cors(options.get("cors"))
        self._timeout = options.get("default_timeout", TIMEOUT) / 1000
        self._places = asyncio.Semaphore(options.get("concurrency_request_limit", CONCURRENCY))
        entries = sorted(options.get("middleware") or (), key=lambda m: m.get("priority", 0))
        self._missing = options.get("not_found_function")
        self._identity = options.get("request_id_header")
        self._middleware = [entry["function_id"] for entry in entries]
        self._listener: Listener | None = None

    @property
    def url(self) -> str | None:
        """The URL of the server."""
        served = self._listener
        return None if served is None else f"http://{served.host}:{served.port}"

    def bind(self, bound: Bound) -> None:
        """Add a route.

        Raises:
            Failure: ``trigger_registration_failed``, when the route cannot be served.
        """
        self.routes.add(Route.of(bound))
        super().bind(bound)

    def unbind(self, trigger_id: str) -> None:
        """Remove a route."""
        bound = self.bindings.get(trigger_id)
        super().unbind(trigger_id)
        if bound is not None:
            self.routes.remove(bound)

    async def start(self) -> None:
        """Open the port.

        Raises:
            OSError: the port is taken or may not be used.
        """
        host, port = self.options.get("host", "127.0.0.1"), self.options.get("port", PORT)
        limits = Limits(request_body=self.options.get("body_limit", BODY))
        self._listener = await Listener.start(self, host, port, limits=limits)

    async def stop(self) -> None:
        """Close the server."""
        if self._listener is not None:
            await self._listener.stop()

    # -- the application -------------------------------------------------------------------------

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Answer a request."""
        del connection
        if self._identity is None:
            return await self._respond(request, body)
        known = request.header(self._identity)
        if known is None:
            known = new_id()
            request = replace(request, headers=(*request.headers, (self._identity, known)))
        answered = await self._respond(request, body)
        return replace(answered, headers=(*answered.headers, (self._identity, known)))

    async def _respond(self, request: Request, body: bytes) -> Response:
        origin = request.header("origin")
        allowed = self.routes.methods(request.path)
        if request.method == "OPTIONS":
            known = (("allow", ",".join(allowed)),) if allowed and "OPTIONS" not in allowed else ()
            return Response(OK, b"", (*self._cors.preflight(origin), *known))
        if allowed and request.method not in allowed:
            answered = Response(405, b"", (("allow", ",".join(allowed)),))
        else:
            route = self.routes.find(request.method, request.path)
            try:
                async with self._places, asyncio.timeout(self._timeout):
                    answered = await self._handle(route, request, body)
            except TimeoutError:
                return Response(TIMED_OUT)
        if answered.status < OK:
            return Response(FAILED)  # an informational status is no final answer (RFC 9110, 15.2)
        return replace(answered, headers=(*answered.headers, *self._cors.answer(origin)))

    async def _handle(self, route: Route | None, request: Request, body: bytes) -> Response:
        if route is None and self._missing is not None:
            route = Route(request.method, request.path, _bound(self._missing))
        if route is None:
            return refusal(404, "NOT_FOUND", "Not Found")
        exchange = _Exchange(self, route, request, body)
        try:
            return await exchange.run(self._middleware)
        except Failure as fault:
            return failure(FAILED, fault)


def _bound(function_id: str) -> Bound:
    """The function for requests without a route, as if it were bound to one."""
    return Bound("not-found", "http", function_id, None, {}, ABSENT)


class _Exchange:
    """One request, passing through conditions, middleware and the handler."""

    def __init__(self, module: HttpModule, route: Route, request: Request, body: bytes) -> None:
        self._host = module.host
        self._route = route
        self._trace = Trace.continuing(request)
        self._body = body
        self._about: dict[str, Any] = {
            "method": request.method,
            "headers": {name.lower(): printable(value) for name, value in request.headers},
            "path_params": route.parameters(request.path),
            "query_params": dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True)),
        }

    async def run(self, middleware: list[str]) -> Response:
        sent, answering = self._host.channels.create(), self._host.channels.create()
        try:
            event = self._event(sent, answering)
            refused = await self._consult(middleware)
            if refused is not None:
                return refused
            # A condition does not get what only a handler may use: the body and the answer.
            about = {name: event[name] for name in event if name not in CHANNELS}
            if not await self._host.passes(self._route.bound, about, self._trace):
                text = "Request condition not met"
                return refusal(UNPROCESSABLE, "CONDITION_NOT_MET", text, skipped=True)
            refused = await self._consult(self._own_middleware())
            if refused is not None:
                return refused
            if self._body:
                sent.write(True, self._body)
            sent.finish()
            return await self._invoke(event, answering)
        finally:
            self._host.channels.forget(sent)

    def _event(self, sent: Channel, answering: Channel) -> dict[str, Any]:
        pattern = self._route.pattern
        trigger = {"type": "http", "path": pattern, "method": self._about["method"]}
        return self._about | {
            "path": pattern,
            "body": self._json(),
            "trigger": trigger,
            "request_body": sent.end(READ),
            "response": answering.end(WRITE),
        }

    def _json(self) -> Any:
        if "application/json" not in self._about["headers"].get("content-type", ""):
            return None
        try:
            return decoding.read(self._body)
        except decoding.Undecodable:
            return None

    def _own_middleware(self) -> list[str]:
        named = self._route.bound.setting("middleware_function_ids")
        return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []

    async def _consult(self, middleware: list[str]) -> Response | None:
        """Ask each middleware in turn; ``None`` lets the request go on."""
        question = {"phase": "preHandler", "request": self._about, "context": {}}
        for function_id in middleware:
            result = await self._host.call(function_id, question, **self._trace.fields())
            verdict = msgspec.json.decode(result) if is_given(result) else None
            if isinstance(verdict, dict) and verdict.get("action") == "respond":
                return interjection(verdict.get("response"))
        return None

    async def _invoke(self, event: dict[str, Any], answering: Channel) -> Response:
        """Call the handler; its result is the answer, or it writes the answer into the channel."""
        written = Written(answering)
        running = self._host.spawn(self._host.run(self._route.bound, event, self._trace))
        begun = self._host.spawn(written.begun.wait())
        try:
            await asyncio.wait((running, begun), return_when=asyncio.FIRST_COMPLETED)
            if running.done() and not begun.done():
                result = running.result()
                if is_given(result):
                    written.abandon()
                    return answer(msgspec.json.decode(result))
                await begun
            return Response(written.status, written.parts(), written.headers)
        finally:
            begun.cancel()
            if not running.done():
                running.add_done_callback(_read_outcome)


class Written:
    """An answer that a handler writes into a channel: control messages first, then the body."""

    def __init__(self, channel: Channel) -> None:
        self.status = OK
        self._headers: dict[str, str] = {}
        self.begun = asyncio.Event()
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._channel = channel
        channel.read(self._take, self._end)

    def abandon(self) -> None:
        """Accept no more: another answer was sent, or this one is complete."""
        self._channel.abandon()

    def _take(self, binary: bool, data: bytes) -> None:
        if binary:
            self._parts.put_nowait(data)
            self.begun.set()
            return
        try:
            control = msgspec.json.decode(data)
        except msgspec.DecodeError:
            return
        if not isinstance(control, dict) or self.begun.is_set():
            return
        if control.get("type") == "set_status":
            code = control.get("status_code")
            if isinstance(code, int) and is_u64(code) is None and code in OFFICIAL:
                self.status = code
        elif control.get("type") == "set_headers":
            values = control.get("headers")
            self._headers |= values if isinstance(values, dict) else {}

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that were set; the last value of each counts."""
        return headers(self._headers)

    def _end(self) -> None:
        self._parts.put_nowait(None)
        self.begun.set()

    async def parts(self) -> AsyncIterator[bytes]:
        """The body, part by part, up to the length that was set."""
        left = length(self._headers)
        try:
            while (part := await self._parts.get()) is not None and left != 0:
                yield part[:left]
                left = None if left is None else max(0, left - len(part))
        finally:
            self.abandon()


def _read_outcome(running: asyncio.Task[Any]) -> None:
    """Retrieve the outcome of a handler that wrote its answer, so that no exception is unread."""
    if not running.cancelled() and running.exception() is not None:
        log.info("a handler failed after it had answered: %s", running.exception())
