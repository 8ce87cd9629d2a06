"""``python -m reference_workers.sdk_python``: the well-known functions on the official SDK.

It takes the package's extra: ``pip install 'iii-conformance[sdk]'``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from typing import Any

try:
    from iii import InitOptions, InvocationError, TriggerAction, register_worker
except ImportError:
    sys.exit("this worker needs the official SDK: pip install 'iii-conformance[sdk]'")

# Trigger types and triggers are deprecated since SDK 0.25, but what the engine serves, http and
# queues among it, still comes through them.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="reference_workers")

ANYTHING: dict[str, Any] = {"description": "Any JSON value."}


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


def http_echo(request: dict[str, Any]) -> dict[str, Any]:
    """Answer an HTTP request with its own body."""
    body = request.get("body") if isinstance(request, dict) else request
    return {"status_code": 200, "body": {"echo": body}}


def inbox(message: Any) -> dict[str, Any]:
    """Take a message of a topic."""
    return {"received": message}


def main() -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    options = InitOptions(worker_name=f"sdk-python:{os.getpid()}")
    worker = register_worker(os.environ.get("III_URL", "ws://127.0.0.1:49134"), options)

    def call(data: dict[str, Any]) -> dict[str, Any]:
        """Call another function and return its result or its error."""
        request = {"function_id": data["function_id"], "payload": data.get("data")}
        if data.get("action") in ("void", {"type": "void"}):
            request["action"] = TriggerAction.Void()
        elif data.get("timeout_ms") is not None:
            request["timeout_ms"] = data["timeout_ms"]
        try:
            return {"result": worker.trigger(request)}
        except InvocationError as fault:
            return {"error": {"code": fault.code, "message": fault.message}}

    text, number_schema = {"type": "string"}, {"type": "integer", "minimum": 0}
    functions: dict[str, tuple[Any, dict[str, Any]]] = {
        "echo": (echo, ANYTHING),
        "fail": (fail, schema(code=text, message=text)),
        "crash": (crash, ANYTHING),
        "sleep": (sleep, schema("ms", ms=number_schema)),
        "null": (null, ANYTHING),
        "metadata": (with_metadata, ANYTHING),
        "unserialisable": (unserialisable, ANYTHING),
        "large": (large, schema("bytes", bytes=number_schema)),
        "call": (call, schema("function_id", function_id=text)),
        "http_echo": (http_echo, ANYTHING),
        "inbox": (inbox, ANYTHING),
    }
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
    stopping.wait()
    worker.shutdown()
    return 0


def _bind(worker: Any, trigger_type: str, function_id: str, config: dict[str, Any]) -> None:
    worker.register_trigger({"type": trigger_type, "function_id": function_id, "config": config})


if __name__ == "__main__":
    sys.exit(main())
