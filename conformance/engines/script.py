"""The actions of the steps of a probe, on the connections and servers of one run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from conformance.engines.address import Address
from conformance.engines.connection import Connection, Rule
from conformance.engines.http import Server, fetch
from conformance.engines.probe import Probe
from conformance.errors import Inconclusive
from mock_engine.transcript import Transcript
from mock_engine.wire import Listener

NAME = re.compile(r"<([a-z][A-Za-z0-9_.]*)>")
SILENT = ("reply", "ack", "unreply", "capture", "serve", "note")
"""Steps after which there is no waiting."""

ANNOUNCEMENT = {"runtime": "python", "version": "0.0.1", "os": "linux", "pid": 4242}
REGISTER = "engine::workers::register"
BACKGROUND = 0.05
"""Seconds for a background request to reach the engine."""


class Script:
    """One run of the script of a probe.

    ``note`` gets what comes on a WebSocket, ``serve`` the requests of the engine to a server,
    ``answer`` an answer over HTTP. ``names`` are the values of the names in the script.
    """

    def __init__(
        self,
        probe: Probe,
        address: Address,
        transcript: Transcript,
        note: Callable[[str, Any], None],
        serve: Callable[[str, Any], None],
        answer: Callable[[Any], None],
    ) -> None:
        self.names: dict[str, str] = {"run": f"r{uuid.uuid4().hex[:9]}"}
        for kind, url in address.urls.items():
            self.names[f"{kind}_port"] = url.rstrip("/").rpartition(":")[2]
        self.connections: dict[str, Connection] = {}
        self._probe, self._address, self._transcript = probe, address, transcript
        self._note, self._serve, self._answer = note, serve, answer
        self._http = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113 - fetch has one
        self._background: dict[str, asyncio.Task[Any]] = {}
        self._servers: list[Listener] = []
        self._number = 0

    async def perform(self, kind: str, options: Any, number: int) -> Any:
        """Do one step; return what a recording shows of it at once, by its part, if anything.

        Raises:
            Inconclusive: it cannot be done with this engine.
        """
        self._number = number
        act: Callable[[Any], Awaitable[Any]] = getattr(self, f"_do_{kind}")
        return await act(self.filled(options))

    async def end(self) -> None:
        """End every connection and every server."""
        for connection in self.connections.values():
            await connection.end()
        for task in self._background.values():
            task.cancel()
        await asyncio.gather(*self._background.values(), return_exceptions=True)
        for server in self._servers:
            await server.stop()
        await self._http.aclose()

    # -- names -----------------------------------------------------------------------------------

    def filled(self, value: Any) -> Any:
        """A part of the script with its names replaced by their values."""
        if isinstance(value, str):
            return NAME.sub(lambda match: self._value(match[1]), value)
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, Mapping):
            if "$repeat" in value:
                return str(value["$repeat"]["text"]) * int(value["$repeat"]["count"])
            return {self.filled(k): self.filled(v) for k, v in value.items()}
        return value

    def _value(self, name: str) -> str:
        return self.names.setdefault(name, str(uuid.uuid4()))

    # -- actions ---------------------------------------------------------------------------------

    async def _do_open(self, options: Any) -> Any:
        options = _named(options)
        url = self._address.url(options.get("base", "ws")) + options.get("path", "/")
        connection = Connection(
            options["conn"],
            self._transcript.next_connection(),
            self._transcript,
            self._note,
            self.connections,
        )
        self.connections[options["conn"]] = connection
        headers = {name: str(value) for name, value in options.get("headers", {}).items()}
        return {"handshake": {connection.name: await connection.open(url, headers)}}

    async def _do_announce(self, options: Any) -> None:
        options = dict(_named(options))
        name = options.pop("conn")
        invocation_id = self._value(options.pop("id", f"announce_{name}"))
        omitted = options.pop("omit", ())
        data = {"name": f"fid-{name}"} | ANNOUNCEMENT | options
        data = {key: value for key, value in data.items() if key not in omitted}
        await self._invoke(name, REGISTER, data, invocation_id)

    async def _do_call(self, options: Any) -> None:
        more = {k: v for k, v in options.items() if k not in ("conn", "fn", "data", "id")}
        invocation_id = self._value(options.get("id", f"call{self._number}"))
        data = options.get("data", {})
        await self._invoke(options["conn"], options["fn"], data, invocation_id, **more)

    async def _invoke(
        self, name: str, function_id: str, data: Any, invocation_id: str, **more: Any
    ) -> None:
        frame = {
            "type": "invokefunction",
            "invocation_id": invocation_id,
            "function_id": function_id,
            "data": data,
        }
        await self.connections[name].send(json.dumps(frame | more))

    async def _do_send(self, options: Any) -> None:
        text = json.dumps(options["frame"])
        await self._to(options).send(text, fragment=options.get("fragment"))

    async def _do_send_many(self, options: Any) -> None:
        for frame in options["frames"]:
            await self._to(options).send(json.dumps(frame))

    async def _do_send_text(self, options: Any) -> None:
        if "hex" in options:
            await self._to(options).send_as_text(bytes.fromhex(options["hex"]))
        else:
            await self._to(options).send(options["text"], fragment=options.get("fragment"))

    async def _do_send_binary(self, options: Any) -> None:
        text = json.dumps(options["json"]) if "json" in options else options.get("text")
        data = bytes.fromhex(options["hex"]) if text is None else text.encode()
        await self._to(options).send(data, fragment=options.get("fragment"))

    async def _do_ws_ping(self, options: Any) -> None:
        await self._to(options).ping(options.get("data", "ping"))

    async def _do_reply(self, options: Any) -> None:
        self._to(options).rules.append(self._rule(options))

    async def _do_ack(self, options: Any) -> None:
        self._to(options).acknowledgements.append(self._rule(options))

    def _rule(self, options: Mapping[str, Any]) -> Rule:
        delay = options["delay_ms"] / 1000 if "delay_ms" in options else self._probe.reply_delay
        return Rule(options["to"], options, delay, options.get("times", float("inf")))

    async def _do_unreply(self, options: Any) -> None:
        self._to(options).rules.clear()

    async def _do_note(self, _: str) -> None:
        """Do nothing: a note is for readers of the script."""

    async def _do_settle(self, milliseconds: float) -> None:
        await asyncio.sleep(milliseconds / 1000)

    async def _do_close(self, options: Any) -> Any:
        options = _named(options)
        connection = self._to(options)
        await connection.close(options.get("code", 1000), options.get("reason", ""))
        if options.get("show_reply"):
            return {"close_reply": {connection.name: await connection.close_code()}}
        return None

    async def _do_drop(self, options: Any) -> None:
        self._to(_named(options)).drop()

    async def _do_signal(self, name: str) -> None:
        if self._address.pid is None:
            raise Inconclusive("sends a signal to the engine: takes --engine-cmd")
        os.kill(self._address.pid, signal.Signals[f"SIG{name}"])

    async def _do_capture(self, options: Any) -> None:
        where = options.get("where", {})
        self.names[options["as"]] = f"missing-{options['as']}"
        for frame in reversed(self._to(options).frames):
            if all(frame.get(key) == value for key, value in where.items()):
                value = _at(frame, options["path"])
                if value is not None:
                    self.names[options["as"]] = str(value)
                    return

    async def _do_http(self, options: Any) -> None:
        base = self._address.url(options.get("base", "http")).replace("ws://", "http://")
        task = asyncio.ensure_future(fetch(self._http, base, options, self._transcript))
        if "background" in options:
            self._background[options["background"]] = task
            await asyncio.sleep(BACKGROUND)
        else:
            self._answer(await task)

    async def _do_http_wait(self, name: str) -> None:
        self._answer(await self._background.pop(name))

    async def _do_serve(self, options: Any) -> None:
        server = await Listener.start(Server(options, self._serve), "127.0.0.1", 0)
        self._servers.append(server)
        self.names[f"{options['id']}_port"] = str(server.port)

    def _to(self, options: Mapping[str, Any]) -> Connection:
        """The connection that a step is about.

        Raises:
            ConnectionError: it was never opened.
        """
        name = options["conn"]
        if name not in self.connections:
            raise ConnectionError(f"connection {name} is not open")
        return self.connections[name]


def _named(options: Any) -> Mapping[str, Any]:
    """The options of a step; a plain text names the connection."""
    return {"conn": options} if isinstance(options, str) else options


def _at(frame: Any, path: str) -> Any:
    """The value at a dotted path; ``None`` if there is none."""
    for part in path.split("."):
        if isinstance(frame, list) and part.isdigit() and int(part) < len(frame):
            frame = frame[int(part)]
        elif isinstance(frame, dict):
            frame = frame.get(part)
        else:
            return None
    return frame
