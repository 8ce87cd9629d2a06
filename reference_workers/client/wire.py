"""Messages as JSON text. Values that JSON cannot express are refused here, before sending."""

from __future__ import annotations

import json
import uuid
from typing import Any

from reference_workers.client.context import Context, FunctionError, Json

MAX_MESSAGE = 64 * 1024 * 1024
"""The largest message in bytes that the engine accepts or sends."""


def encode(message: Json) -> str:
    """Encode a message as JSON text.

    Raises:
        FunctionError: ``payload_too_large``, with the size and the limit in bytes.
        ValueError, TypeError, RecursionError: it contains NaN, an infinity, half a surrogate pair,
            something that is not a JSON value, or itself.
    """
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    size = len(text.encode())
    if size > MAX_MESSAGE:
        told = f"the message has {size} bytes; the engine takes {MAX_MESSAGE}"
        raise FunctionError("payload_too_large", told)
    return text


def decode(raw: str | bytes) -> dict[str, Any] | None:
    """Decode a message; ``None`` for anything else, which a worker ignores."""
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def result(invocation: dict[str, Any], body: Json) -> str:
    """The answer to an invocation with ``{"result": …}`` or ``{"error": …}`` as its body.

    A result that cannot be sent becomes an error that says so, because the caller waits for an
    answer.
    """
    frame = {
        "type": "invocationresult",
        "invocation_id": invocation["invocation_id"],
        "function_id": invocation.get("function_id"),
        **{name: value for name in ("traceparent", "baggage") if (value := text(invocation, name))},
    }
    try:
        return encode(frame | body)
    except FunctionError as fault:
        return encode(frame | {"error": fault.body()})
    except (ValueError, TypeError, RecursionError) as fault:
        unsendable = FunctionError("invocation_failed", f"the result cannot be sent: {fault}")
        return encode(frame | {"error": unsendable.body()})


def call(function_id: str, data: Json, context: Context | None, **fields: Any) -> dict[str, Any]:
    """An outgoing invocation, in the trace of the invocation that is being handled."""
    trace = {
        "traceparent": context.traceparent if context else None,
        "baggage": context.baggage if context else None,
    }
    message = {"type": "invokefunction", "function_id": function_id, "data": data}
    return message | {k: v for k, v in (trace | fields).items() if v is not None}


def text(message: dict[str, Any], name: str) -> str | None:
    """An optional string of a message; null, blank and anything else count as absent."""
    value = message.get(name)
    return value if isinstance(value, str) and value else None


def fresh_id() -> str:
    """A new invocation or trigger id."""
    return str(uuid.uuid4())
