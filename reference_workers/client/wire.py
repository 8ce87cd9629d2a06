"""Messages as JSON text. What cannot be written as JSON is refused here, before it is sent."""

from __future__ import annotations

import json
import uuid
from typing import Any

from reference_workers.client.context import Context, FunctionError, Json

MAX_MESSAGE = 64 * 1024 * 1024
"""Bytes of the largest message the engine takes or sends."""


def encode(message: Json) -> str:
    """A message as JSON text.

    Raises:
        ValueError, TypeError: it holds NaN, an infinity, or something that is no JSON value.
    """
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(raw: str | bytes) -> dict[str, Any] | None:
    """A message, or ``None`` for anything that is none: a worker ignores it and goes on."""
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def result(invocation: dict[str, Any], body: Json) -> str:
    """The answer to an invocation with ``{"result": …}`` or ``{"error": …}`` as its body.

    A result that cannot be sent becomes an error that says so, for somebody waits for an answer.
    """
    told = {name: invocation[name] for name in ("traceparent", "baggage") if invocation.get(name)}
    frame = {
        "type": "invocationresult",
        "invocation_id": invocation["invocation_id"],
        "function_id": invocation["function_id"],
        **told,
    }
    try:
        text = encode(frame | body)
    except (ValueError, TypeError, RecursionError) as fault:
        unsendable = FunctionError("invocation_failed", f"the result cannot be sent: {fault}")
        return encode(frame | {"error": unsendable.body()})
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_MESSAGE:
        large = FunctionError("payload_too_large", f"the result has {size} bytes")
        return encode(frame | {"error": large.body()})
    return text


def call(function_id: str, data: Json, context: Context | None, **fields: Any) -> dict[str, Any]:
    """An outgoing invocation, in the trace of the one that is being handled."""
    trace = {
        "traceparent": context.traceparent if context else None,
        "baggage": context.baggage if context else None,
    }
    message = {"type": "invokefunction", "function_id": function_id, "data": data}
    return message | {k: v for k, v in (trace | fields).items() if v is not None}


def fresh_id() -> str:
    """A new invocation or trigger id."""
    return str(uuid.uuid4())
