"""``python -m reference_workers.sdk_python``: the well-known functions on the official SDK.

It needs the package's extra: ``pip install 'iii-conformance[sdk]'``. The first argument of the
command, if there is one, is the engine's address; the SDK reads the rest from the environment.
"""

from __future__ import annotations

import base64
import os
import signal
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Callable
from typing import Any

try:
    from iii import InitOptions, InvocationError, TriggerAction, register_worker
    from iii.triggers import TriggerConfig, TriggerHandler
except ModuleNotFoundError as fault:
    if fault.name != "iii":
        raise
    print("this worker needs the official SDK: pip install 'iii-conformance[sdk]'", file=sys.stderr)
    raise SystemExit(2) from None

# Trigger types and triggers are deprecated since SDK 0.25, but the engine's own types, such as http
# and queues, still need them.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="reference_workers|__main__")

ANYTHING: dict[str, Any] = {"description": "Any JSON value."}
TEXT, NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}
OBJECT = {"type": "object"}
TICK = "conformance-tick"


def schema(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


def echo(data: Any) -> Any:
    """Return the data as it came."""
    return data


def fail(data: dict[str, Any]) -> Any:
    """Fail with the code and message that the data names."""
    raise InvocationError(
        data.get("code", "invocation_failed"), data.get("message", "asked to fail")
    )


def crash(data: Any) -> Any:
    """Fail as a programming mistake does."""
    raise RuntimeError(f"this handler has a mistake in it; it was given {data!r}")


def sleep(data: dict[str, Any]) -> dict[str, Any]:
    """Answer after ``ms`` milliseconds."""
    time.sleep(data["ms"] / 1000)
    return {"slept_ms": data["ms"]}


def null(_: Any) -> None:
    """Return nothing."""


def with_metadata(_: Any, metadata: Any = None) -> dict[str, Any]:
    """Return what came beside the data."""
    return {"metadata": metadata}


def unserialisable(_: Any) -> dict[str, Any]:
    """Return what JSON cannot express."""
    return {"value": float("nan")}


def large(data: dict[str, Any]) -> dict[str, str]:
    """Return a text of ``bytes`` characters."""
    return {"data": "x" * int(data["bytes"])}


async def write(data: dict[str, Any]) -> dict[str, Any]:
    """Write ``parts``, data in base64 and texts, to a ``channel``, and close it.

    The SDK makes a writer of the reference to the channel.
    """
    writer = data["channel"]
    for part in data["parts"]:
        if "text" in part:
            await writer.send_message_async(part["text"])
        else:
            await writer.write(base64.b64decode(part["base64"]))
    await writer.close_async()
    return {"written": len(data["parts"])}


async def read(data: dict[str, Any]) -> dict[str, Any]:
    """Read a ``channel`` to its end and return its data, in base64, and its messages."""
    reader = data["channel"]
    messages: list[str] = []
    reader.on_message(messages.append)
    return {"base64": base64.b64encode(await reader.read_all()).decode(), "messages": messages}


def http_echo(request: dict[str, Any]) -> dict[str, Any]:
    """Answer an HTTP request with its own body."""
    body = request.get("body") if isinstance(request, dict) else request
    headers = {"content-type": "application/json"}
    return {"status_code": 200, "headers": headers, "body": {"echo": body}}


def inbox(message: Any) -> dict[str, Any]:
    """Take a message of a topic."""
    return {"received": message}


class Tick(TriggerHandler[Any]):  # type: ignore[misc]
    """A trigger type of this worker's own, fired by calls of ``conformance::fire``."""

    def __init__(self) -> None:
        self.bindings: dict[str, TriggerConfig[Any]] = {}

    async def register_trigger(self, config: TriggerConfig[Any]) -> None:
        """Add a trigger; one with the same id replaces it."""
        if isinstance(config.config, dict) and config.config.get("reject"):
            raise ValueError("this trigger asks to be rejected")
        self.bindings[config.id] = config

    async def unregister_trigger(self, config: TriggerConfig[Any]) -> None:
        """Remove a trigger."""
        self.bindings.pop(config.id, None)


class Calling:
    """The functions that call others, or change what the worker offers."""

    def __init__(self, worker: Any, tick: Tick) -> None:
        self._worker = worker
        self._tick = tick
        self._extra: dict[str, Any] = {}
        self._bound: dict[str, Any] = {}

    def call(self, data: dict[str, Any]) -> dict[str, Any]:
        """Call another function and return its result or its error."""
        request = {"function_id": data["function_id"], "payload": data.get("data")}
        names = ("timeout_ms", "namespace", "metadata")
        request |= {name: data[name] for name in names if data.get(name) is not None}
        action = data.get("action")
        if action in ("void", {"type": "void"}):
            request["action"] = TriggerAction.Void()
        elif action is not None:
            request["action"] = TriggerAction.Enqueue(queue=action["queue"])
        time.sleep(data.get("delay_ms", 0) / 1000)
        try:
            return {"result": self._worker.trigger(request)}
        except InvocationError as fault:
            return {"error": {"code": fault.code, "message": fault.message}}

    def register(self, data: dict[str, Any]) -> dict[str, Any]:
        """Offer one more function, which echoes."""
        function_id = f"conformance::extra::{data['id']}"
        self._extra[function_id] = self._worker.register_function(
            function_id, echo, description=echo.__doc__, request_format=ANYTHING
        )
        return {"function_id": function_id}

    def unregister(self, data: dict[str, Any]) -> dict[str, Any]:
        """Stop offering a function that ``register`` added."""
        self._extra.pop(f"conformance::extra::{data['id']}").unregister()
        return {"removed": True}

    def bind(self, data: dict[str, Any]) -> dict[str, Any]:
        """Add a trigger on ``echo``, or on ``function_id``.

        The SDK keeps a trigger's id to itself, so the one returned is for ``unbind`` alone.
        """
        target = data.get("function_id", "conformance::echo")
        trigger_id = str(uuid.uuid4())
        self._bound[trigger_id] = _bind(self._worker, data["type"], target, data.get("config", {}))
        return {"id": trigger_id}

    def unbind(self, data: dict[str, Any]) -> dict[str, Any]:
        """Remove a trigger that ``bind`` added."""
        self._bound.pop(data["id"]).unregister()
        return {"removed": True}

    def bindings(self, _: Any) -> dict[str, Any]:
        """Return the triggers of this worker's own type."""
        return {"bindings": [kept.model_dump() for kept in self._tick.bindings.values()]}

    def fire(self, data: dict[str, Any]) -> dict[str, Any]:
        """Call the target of such a trigger, as its type would when something happens."""
        kept = self._tick.bindings[data["id"]]
        optional = {"namespace": kept.namespace, "metadata": kept.metadata}
        request = {
            "function_id": kept.function_id,
            "payload": data.get("data"),
            "action": TriggerAction.Void(),
        }
        given = {name: value for name, value in optional.items() if value is not None}
        self._worker.trigger(request | given)
        return {"fired": True}

    def observe(self, data: dict[str, Any]) -> dict[str, Any]:
        """Observe ``function_id`` with the function ``target``; return the observer's ``id``."""
        observer = self._worker.observe({"function_id": data["function_id"]}, data["target"])
        return {"id": observer.id}


def offer(worker: Any) -> None:
    """Register everything."""
    tick = Tick()
    calling = Calling(worker, tick)
    worker.register_trigger_type(
        {"id": TICK, "description": "Happens when conformance::fire is called."}, tick
    )
    functions: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "echo": (echo, ANYTHING),
        "fail": (fail, schema(code=TEXT, message=TEXT)),
        "crash": (crash, ANYTHING),
        "sleep": (sleep, schema("ms", ms={**NUMBER, "maximum": 60_000})),
        "null": (null, ANYTHING),
        "metadata": (with_metadata, ANYTHING),
        "unserialisable": (unserialisable, ANYTHING),
        "large": (large, schema("bytes", bytes=NUMBER)),
        "call": (calling.call, schema("function_id", function_id=TEXT, timeout_ms=NUMBER)),
        "register": (calling.register, schema("id", id=TEXT)),
        "unregister": (calling.unregister, schema("id", id=TEXT)),
        "bind": (calling.bind, schema("type", type=TEXT, config=ANYTHING)),
        "unbind": (calling.unbind, schema("id", id=TEXT)),
        "bindings": (calling.bindings, ANYTHING),
        "fire": (calling.fire, schema("id", id=TEXT)),
        "write": (write, schema("channel", "parts", channel=OBJECT, parts={"type": "array"})),
        "read": (read, schema("channel", channel=OBJECT)),
        "http_echo": (http_echo, ANYTHING),
        "inbox": (inbox, ANYTHING),
    }
    if hasattr(worker, "observe"):  # since 0.25
        observed = schema("function_id", "target", function_id=TEXT, target=TEXT)
        functions["observe"] = (calling.observe, observed)
    for name, (handler, request_format) in functions.items():
        worker.register_function(
            f"conformance::{name}",
            handler,
            description=handler.__doc__,
            request_format=request_format,
            response_format=ANYTHING,
        )
    route = {"api_path": "/conformance/echo", "http_method": "POST"}
    _bind(worker, "http", "conformance::http_echo", route)
    _bind(worker, "durable:subscriber", "conformance::inbox", {"topic": "conformance.inbox"})


def _bind(worker: Any, trigger_type: str, function_id: str, config: dict[str, Any]) -> Any:
    trigger = {"type": trigger_type, "function_id": function_id, "config": config}
    return worker.register_trigger(trigger)


def main() -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code.

    The SDK installs no signal handlers, and its first connect blocks for up to 30 s without an
    engine: a worker that is stopped meanwhile has served nobody, and ends at once.
    """
    worker = None
    stopping = threading.Event()

    def stop(*_: object) -> None:
        if worker is None:
            os._exit(0)  # the SDK's thread would prevent a normal exit
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    address = sys.argv[1] if len(sys.argv) > 1 else None
    worker = register_worker(address, InitOptions(worker_name=f"sdk-python:{os.getpid()}"))
    offer(worker)
    stopping.wait()
    worker.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
