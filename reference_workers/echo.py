"""``python -m reference_workers.echo``: every well-known function of the conformance suite.

A worker that offers them is judged more deeply: the suite knows what they do.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from typing import Any

from reference_workers.client import Context, FunctionError, Worker, run
from reference_workers.client.context import Json

OBJECT = {"type": "object"}
ANYTHING = {"description": "Any JSON value."}
TICK = "conformance-tick"
LONGEST_SLEEP = 60_000
"""In milliseconds."""


def schema(required: tuple[str, ...] = (), **properties: Json) -> Json:
    """The JSON Schema of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


class Echo:
    """The well-known functions and what they need."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._bindings: dict[str, Json] = {}

    async def echo(self, data: Json, context: Context) -> Json:
        """Return the data as it came."""
        del context
        return data

    async def fail(self, data: Json, context: Context) -> Json:
        """Fail with the code and message that the data names."""
        del context
        code = data.get("code", "invocation_failed")
        raise FunctionError(code, data.get("message", "asked to fail"))

    async def crash(self, data: Json, context: Context) -> Json:
        """Fail as a programming mistake does."""
        del data, context
        raise RuntimeError("this handler has a mistake in it")

    async def sleep(self, data: Json, context: Context) -> Json:
        """Answer after ``ms`` milliseconds."""
        del context
        if not 0 <= data["ms"] <= LONGEST_SLEEP:
            told = f"ms is {data['ms']}; give a number from 0 to {LONGEST_SLEEP}"
            raise FunctionError("invalid_request", told)
        await asyncio.sleep(data["ms"] / 1000)
        return {"slept_ms": data["ms"]}

    async def null(self, data: Json, context: Context) -> Json:
        """Return nothing."""
        del data, context

    async def metadata(self, data: Json, context: Context) -> Json:
        """Return what came beside the data."""
        del data
        return {"metadata": context.metadata, "traceparent": context.traceparent}

    async def unserialisable(self, data: Json, context: Context) -> Json:
        """Return what JSON cannot express."""
        del data, context
        return {"value": float("nan")}

    async def large(self, data: Json, context: Context) -> Json:
        """Return a text of ``bytes`` characters."""
        del context
        return {"data": "x" * int(data["bytes"])}

    async def call(self, data: Json, context: Context) -> Json:
        """Call another function and return its result or its error."""
        del context
        fields = {n: data[n] for n in ("namespace", "metadata") if data.get(n) is not None}
        function_id, argument = data["function_id"], data.get("data")
        action = data.get("action")
        await asyncio.sleep(data.get("delay_ms", 0) / 1000)
        if action in ("void", {"type": "void"}):
            self._worker.cast(function_id, argument, **fields)
            return {"result": None}
        if action is not None:
            fields["action"] = action
        seconds = (data.get("timeout_ms") or 30_000) / 1000
        try:
            result = await self._worker.call(function_id, argument, seconds=seconds, **fields)
        except FunctionError as fault:
            return {"error": fault.body()}
        return {"result": result}

    async def register(self, data: Json, context: Context) -> Json:
        """Offer one more function, which echoes."""
        del context
        function_id = f"conformance::extra::{data['id']}"
        self._worker.function(function_id, self.echo, request_format=ANYTHING)
        return {"function_id": function_id}

    async def unregister(self, data: Json, context: Context) -> Json:
        """Stop offering a function that ``register`` added."""
        del context
        self._worker.remove_function(f"conformance::extra::{data['id']}")
        return {"removed": True}

    async def bind(self, data: Json, context: Context) -> Json:
        """Add a trigger on ``echo``, or on ``function_id``."""
        del context
        target = data.get("function_id", "conformance::echo")
        return {"id": self._worker.trigger(data["type"], target, data.get("config", {}))}

    async def unbind(self, data: Json, context: Context) -> Json:
        """Remove a trigger that ``bind`` added."""
        del context
        self._worker.remove_trigger(data["id"])
        return {"removed": True}

    async def write(self, data: Json, context: Context) -> Json:
        """Write ``parts``, data in base64 and texts, to a ``channel``, and close it."""
        del context
        parts = [p["text"] if "text" in p else base64.b64decode(p["base64"]) for p in data["parts"]]
        await self._worker.channels.write(data["channel"], parts)
        return {"written": len(parts)}

    async def read(self, data: Json, context: Context) -> Json:
        """Read a ``channel`` to its end and return its data, in base64, and its messages."""
        del context
        parts = await self._worker.channels.read(data["channel"])
        read = b"".join(part for part in parts if isinstance(part, bytes))
        messages = [part for part in parts if isinstance(part, str)]
        return {"base64": base64.b64encode(read).decode(), "messages": messages}

    async def http_echo(self, data: Json, context: Context) -> Json:
        """Answer an HTTP request with its own body."""
        del context
        body = data.get("body") if isinstance(data, dict) else data
        headers = {"content-type": "application/json"}
        return {"status_code": 200, "headers": headers, "body": {"echo": body}}

    async def inbox(self, data: Json, context: Context) -> Json:
        """Take a message of a topic."""
        del context
        return {"received": data}

    async def bindings(self, data: Json, context: Context) -> Json:
        """Return the triggers of this worker's own type, as the engine sent them."""
        del data, context
        return {"bindings": list(self._bindings.values())}

    async def fire(self, data: Json, context: Context) -> Json:
        """Call the target of such a trigger, as its type would when something happens."""
        del context
        binding = self._bindings.get(data["id"])
        if binding is None:
            raise FunctionError("not_found", f"no trigger has the id {data['id']!r}")
        fields = {n: binding[n] for n in ("namespace", "metadata") if binding.get(n) is not None}
        self._worker.cast(binding["function_id"], data.get("data"), **fields)
        return {"fired": True}

    async def bound(self, message: dict[str, Any]) -> None:
        """Add a trigger of this worker's own type; one with the same id replaces it."""
        config = message.get("config")
        if isinstance(config, dict) and config.get("reject"):
            raise ValueError("this trigger asks to be rejected")
        self._bindings[message["id"]] = message

    async def unbound(self, message: dict[str, Any]) -> None:
        """Remove a trigger."""
        self._bindings.pop(str(message.get("id")), None)


def offer(worker: Worker) -> None:
    """Register everything."""
    echo = Echo(worker)
    text, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    worker.trigger_type(TICK, "Happens when conformance::fire is called.", echo.bound, echo.unbound)
    functions: dict[str, tuple[Any, Json, Json]] = {
        "echo": (echo.echo, ANYTHING, ANYTHING),
        "fail": (echo.fail, schema(code=text, message=text), ANYTHING),
        "crash": (echo.crash, ANYTHING, ANYTHING),
        "sleep": (
            echo.sleep,
            schema(("ms",), ms={**number, "maximum": LONGEST_SLEEP}),
            schema(("slept_ms",), slept_ms=number),
        ),
        "null": (echo.null, ANYTHING, {"type": "null"}),
        "metadata": (echo.metadata, ANYTHING, OBJECT),
        "unserialisable": (echo.unserialisable, ANYTHING, ANYTHING),
        "large": (echo.large, schema(("bytes",), bytes=number), schema(("data",), data=text)),
        "call": (
            echo.call,
            schema(("function_id",), function_id=text, data=ANYTHING, timeout_ms=number),
            OBJECT,
        ),
        "register": (echo.register, schema(("id",), id=text), OBJECT),
        "unregister": (echo.unregister, schema(("id",), id=text), OBJECT),
        "bind": (echo.bind, schema(("type",), type=text, config=ANYTHING), OBJECT),
        "unbind": (echo.unbind, schema(("id",), id=text), OBJECT),
        "write": (
            echo.write,
            schema(("channel", "parts"), channel=OBJECT, parts={"type": "array", "items": OBJECT}),
            OBJECT,
        ),
        "read": (
            echo.read,
            schema(("channel",), channel=OBJECT),
            schema(("base64", "messages"), base64=text, messages={"type": "array", "items": text}),
        ),
        "http_echo": (echo.http_echo, ANYTHING, OBJECT),
        "inbox": (echo.inbox, ANYTHING, OBJECT),
        "bindings": (echo.bindings, ANYTHING, OBJECT),
        "fire": (echo.fire, schema(("id",), id=text, data=ANYTHING), OBJECT),
    }
    for name, (handler, request, response) in functions.items():
        worker.function(
            f"conformance::{name}",
            handler,
            description=handler.__doc__,
            request_format=request,
            response_format=response,
        )
    route = {"api_path": "/conformance/echo", "http_method": "POST"}
    worker.trigger("http", "conformance::http_echo", route)
    worker.trigger("durable:subscriber", "conformance::inbox", {"topic": "conformance.inbox"})


if __name__ == "__main__":
    sys.exit(run(offer))
