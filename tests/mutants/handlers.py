"""The functions of a worker that is easy to break, and how it calls others."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import time
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Json = Any
current: ContextVar[Json] = ContextVar("current", default=None)
Handler = Callable[[Json], Awaitable[Json]]


class HandlerError(Exception):
    """A failure with its own code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Calls:
    """What the functions need from their worker: its state, its messages, and calls of others."""

    def __init__(self) -> None:
        self.socket: ClientConnection | None = None
        self.connected = False
        self.waiting: dict[str, asyncio.Future[Json]] = {}
        self.outbox: list[tuple[float, Json]] = []
        self.extra: dict[str, Json] = {}
        self.extra_triggers: dict[str, Json] = {}
        self.bindings: dict[str, Json] = {}

    def url(self) -> str:
        return os.environ.get("III_URL", "ws://127.0.0.1:49134")

    def headers(self) -> dict[str, str]:
        token = os.environ.get("III_TOKEN")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def namespace(self) -> str | None:
        return os.environ.get("III_NAMESPACE", "").strip() or None

    async def send(self, socket: ClientConnection, message: Json) -> None:
        text = json.dumps(message, ensure_ascii=False)
        # Half of a surrogate pair has no UTF-8 form, but JSON can express it.
        await socket.send(text if encodable(text) else json.dumps(message))

    async def tell(self, message: Json) -> None:
        """Send at once if there is a connection; otherwise the replay sends it."""
        if self.socket is not None and self.connected:
            with contextlib.suppress(ConnectionClosed):
                await self.send(self.socket, message)

    def trace(self, message: Json) -> Json:
        return {name: message[name] for name in ("traceparent", "baggage") if message.get(name)}

    async def cast(self, message: Json) -> None:
        await self.send_or_keep({**message, "action": {"type": "void"}}, 30)

    async def ask(self, message: Json, seconds: float) -> Json:
        invocation_id = self.fresh_id()
        waiting = self.waiting[invocation_id] = asyncio.get_running_loop().create_future()
        await self.send_or_keep({**message, "invocation_id": invocation_id}, seconds)
        try:
            return self.outcome_of_call(await asyncio.wait_for(waiting, seconds))
        finally:
            del self.waiting[invocation_id]

    async def send_or_keep(self, message: Json, seconds: float) -> None:
        """Send a call, or keep it for as long as its caller waits."""
        if self.connected and self.socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self.send(self.socket, message)
                return
        self.keep(time.monotonic() + seconds, message)

    def keep(self, until: float, message: Json) -> None:
        self.outbox.append((until, message))

    async def send_kept(self, socket: ClientConnection) -> None:
        kept, self.outbox = self.outbox, []
        for until, message in kept:
            if time.monotonic() < until:
                await self.send(socket, message)

    def fresh_id(self) -> str:
        return str(uuid.uuid4())

    def outcome_of_call(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": answer["error"]}
        return {"result": answer.get("result")}


class Handlers(Calls):
    """The functions of a ``Worker``, one method for each."""

    async def echo(self, data: Json) -> Json:
        return data

    async def hello(self, data: Json) -> Json:
        return {"status_code": 200, "body": data}

    async def fail(self, data: Json) -> Json:
        raise HandlerError(data.get("code", "invocation_failed"), data.get("message", "it failed"))

    async def sleep(self, data: Json) -> Json:
        await asyncio.sleep(data["ms"] / 1000)
        return {"slept_ms": data["ms"]}

    async def crash(self, data: Json) -> Json:
        raise RuntimeError("a mistake in this handler")

    async def unserialisable(self, data: Json) -> Json:
        return {"value": float("nan")}

    async def metadata(self, data: Json) -> Json:
        return {"metadata": self.metadata_of(current.get())}

    def metadata_of(self, message: Json) -> Json:
        return message.get("metadata")

    async def call(self, data: Json) -> Json:
        message = {"type": "invokefunction", "function_id": data["function_id"]}
        message |= {**self.argument(data), **self.trace(current.get())}
        message |= self.call_fields(data)
        await asyncio.sleep(data.get("delay_ms", 0) / 1000)
        if data.get("action") == "void":
            await self.cast(message)
            return {"result": None}
        try:
            return await self.ask(message, data.get("timeout_ms", 30_000) / 1000)
        except TimeoutError:
            return {"error": {"code": "TIMEOUT", "message": "no answer in time"}}

    async def null(self, data: Json) -> Json:
        return None

    async def large(self, data: Json) -> Json:
        return {"data": "x" * data["bytes"]}

    async def register(self, data: Json) -> Json:
        function = {"type": "registerfunction", "id": f"conformance::extra::{data['id']}"}
        self.extra[function["id"]] = function
        await self.tell(function)
        return {"function_id": function["id"]}

    async def unregister(self, data: Json) -> Json:
        function_id = f"conformance::extra::{data['id']}"
        self.forget_function(function_id)
        await self.tell({"type": "unregisterfunction", "id": function_id})
        return {"removed": True}

    def forget_function(self, function_id: str) -> None:
        del self.extra[function_id]

    async def bind_one(self, data: Json) -> Json:
        trigger = {"type": "registertrigger", "id": self.fresh_id(), "trigger_type": data["type"]}
        trigger |= {"function_id": "conformance::echo", "config": data.get("config", {})}
        self.extra_triggers[trigger["id"]] = trigger
        await self.tell(trigger)
        return {"id": trigger["id"]}

    async def unbind_one(self, data: Json) -> Json:
        trigger = self.extra_triggers[data["id"]]
        self.forget_trigger(data["id"])
        names = {name: trigger[name] for name in ("id", "trigger_type")}
        await self.tell({"type": "unregistertrigger", **names})
        return {"removed": True}

    def forget_trigger(self, trigger_id: str) -> None:
        del self.extra_triggers[trigger_id]

    async def list_bindings(self, data: Json) -> Json:
        return {"bindings": list(self.bindings.values())}

    async def fire(self, data: Json) -> Json:
        binding = self.bindings[data["id"]]
        message = {"type": "invokefunction", "function_id": binding["function_id"]}
        await self.cast({**message, "data": data.get("data"), **self.binding_fields(binding)})
        return {"fired": True}

    def binding_fields(self, binding: Json) -> Json:
        return {n: binding[n] for n in ("namespace", "metadata") if binding.get(n) is not None}

    async def write(self, data: Json) -> Json:
        async with self.channel(data["channel"]) as socket:
            for part in data["parts"]:
                for piece in self.pieces(part):
                    await socket.send(piece)
        return {"written": len(data["parts"])}

    def pieces(self, part: Json) -> list[bytes | str]:
        """The messages for a part: data in pieces of 64 KiB, a text as one message."""
        if "text" in part:
            return [part["text"]]
        data = base64.b64decode(part["base64"])
        return [data[at : at + 2**16] for at in range(0, len(data), 2**16)]

    async def read(self, data: Json) -> Json:
        async with self.channel(data["channel"]) as socket:
            return self.parts_read([part async for part in socket])

    def parts_read(self, parts: list[bytes | str]) -> Json:
        data = b"".join(part for part in parts if isinstance(part, bytes))
        messages = [part for part in parts if isinstance(part, str)]
        return {"base64": base64.b64encode(data).decode(), "messages": messages}

    def channel(self, end: Json) -> connect:
        """The WebSocket of one end of a channel."""
        key, direction = end["access_key"], end["direction"]
        url, _, query = self.url().partition("?")
        own = f"{query}&key={key}&dir={direction}".lstrip("&")
        address = f"{url.rstrip('/')}/ws/channels/{end['channel_id']}?{own}"
        return connect(address, max_size=2**26, additional_headers=self.headers())

    def argument(self, data: Json) -> Json:
        return {"data": data.get("data")}

    def call_fields(self, data: Json) -> Json:
        """The optional fields of a call: metadata, an action, a namespace."""
        fields = {"metadata": data.get("metadata"), "action": self.action(data)}
        fields["namespace"] = self.namespace_of_call(data)
        return {name: value for name, value in fields.items() if value is not None}

    def action(self, data: Json) -> Json:
        return data["action"] if isinstance(data.get("action"), dict) else None

    def namespace_of_call(self, data: Json) -> Json:
        own = None if data["function_id"].startswith("engine::") else self.namespace()
        return data.get("namespace") or own

    def handlers(self) -> dict[str, Handler]:
        return {
            "conformance::crash": self.crash,
            "conformance::unserialisable": self.unserialisable,
            "conformance::metadata": self.metadata,
            "conformance::call": self.call,
            "conformance::null": self.null,
            "conformance::large": self.large,
            "conformance::register": self.register,
            "conformance::unregister": self.unregister,
            "conformance::bind": self.bind_one,
            "conformance::unbind": self.unbind_one,
            "conformance::bindings": self.list_bindings,
            "conformance::fire": self.fire,
            "conformance::write": self.write,
            "conformance::read": self.read,
            "conformance::echo": self.echo,
            "conformance::fail": self.fail,
            "conformance::sleep": self.sleep,
            "mutant::hello": self.hello,
        }


def encodable(text: str) -> bool:
    """Whether a text can be encoded as UTF-8."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
