"""From the result of a handler to an HTTP answer. Nothing here reads a socket."""

from __future__ import annotations

import re
import uuid
from typing import Any

from mock_engine.failures import Failure
from mock_engine.messages import payload
from mock_engine.wire import Response

Headers = tuple[tuple[str, str], ...]

JSON: Headers = (("content-type", "application/json"),)
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")
_FRAMING = ("content-length", "transfer-encoding", "connection")


def answer(result: Any, *, missing_body: Any) -> Response:
    """The answer that a result ``{status_code, headers, body}`` describes.

    Anything that is not of this form is left out; ``missing_body`` stands for a body not given.
    """
    fields = result if isinstance(result, dict) else {}
    given = headers(fields.get("headers"))
    body = fields.get("body", missing_body)
    if any(name.lower() == "content-type" for name, _ in given):
        return Response(status(fields.get("status_code")) or 200, _as_given(body), given)
    return Response(status(fields.get("status_code")) or 200, bytes(payload(body)), (*given, *JSON))


def failure(code: int, fault: Failure) -> Response:
    """The answer to a request whose handler failed."""
    error = {"code": fault.code, "message": str(fault), "error_id": str(uuid.uuid4())}
    return Response(code, bytes(payload({"error": error})), JSON)


def refusal(code: int, name: str, message: str, **more: Any) -> Response:
    """The answer to a request that reaches no handler."""
    error = {"code": name, "message": message}
    return Response(code, bytes(payload({"error": error} | more)), JSON)


def status(value: Any) -> int | None:
    """A status that may be sent, else ``None``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 200 <= value <= 999 else None


def headers(value: Any) -> Headers:
    """The headers of a result, given as an object or as a list of ``Name: value`` lines.

    Those that cannot be sent are left out, and so are those that would break the framing.
    """
    pairs: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        lines = [line.partition(":") for line in value if isinstance(line, str) and ":" in line]
        pairs = [(name.strip(), text.strip()) for name, _, text in lines]
    return tuple(
        (name.lower(), text)
        for name, text in pairs
        if isinstance(text, str)
        and _NAME.fullmatch(name)
        and _VALUE.fullmatch(text)
        and name.lower() not in _FRAMING
    )


def legible(value: str) -> str:
    """The value of a request's header; one that is not all visible ASCII counts as empty."""
    return value if all(char == "\t" or " " <= char <= "~" for char in value) else ""


def _as_given(body: Any) -> bytes:
    """A body whose type the handler named: text as it is, anything else as JSON."""
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(payload(body))
