"""From the result of a handler to an HTTP answer. Nothing here reads a socket."""

from __future__ import annotations

import re
import secrets
from typing import Any

import msgspec

from mock_engine.failures import Failure
from mock_engine.messages import payload
from mock_engine.wire import Response

Headers = tuple[tuple[str, str], ...]

OK = 200
TYPE = "content-type"
JSON: Headers = ((TYPE, "application/json"),)
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_FRAMING = ("content-length", "transfer-encoding", "connection")


def answer(result: Any) -> Response:
    """The answer that a handler's result ``{status_code, headers, body}`` describes.

    Parts of any other form are left out. A handler that names the content type decides how the body
    is written, even with a type that cannot be sent.
    """
    fields = result if isinstance(result, dict) else {}
    body, code = fields.get("body", {}), status(fields.get("status_code")) or OK
    named = [text.lower() for name, text in _pairs(fields.get("headers")) if name.lower() == TYPE]
    kept = headers(fields.get("headers"))
    content = _verbatim(body) if named else bytes(payload(body))
    content = content[: length(fields.get("headers"))]
    typed = any(name == TYPE for name, _ in kept)
    plain = body is None or isinstance(body, str) or "application/json" not in "".join(named[:1])
    if named and (typed or plain):
        return Response(code, content, kept)
    return Response(code, content, (*kept, *JSON))


def interjection(response: Any) -> Response:
    """The answer that a middleware returns instead of the handler; its body is always JSON.

    One header that is not a string makes all of them be ignored.
    """
    fields = response if isinstance(response, dict) else {}
    named_headers = fields.get("headers")
    proper = isinstance(named_headers, dict) and all(
        isinstance(text, str) for text in named_headers.values()
    )
    kept = headers(named_headers) if proper else ()
    named = () if any(name == TYPE for name, _ in kept) else JSON
    code = status(fields.get("status_code")) or OK
    return Response(code, bytes(payload(fields.get("body"))), (*kept, *named))


def failure(code: int, fault: Failure) -> Response:
    """The answer to a request whose handler failed."""
    error_id = secrets.token_hex(6)
    error = {"code": fault.code, "error_id": error_id, "message": str(fault)}
    return Response(code, bytes(payload({"error": error})), JSON)


def refusal(code: int, name: str, message: str, **more: Any) -> Response:
    """The answer to a request that reaches no handler."""
    error = {"code": name, "message": message}
    return Response(code, bytes(payload({"error": error} | more)), JSON)


def status(value: Any) -> int | None:
    """A status that an answer may have, else ``None``; only its lowest 16 bits count."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    code = value % (1 << 16)
    return code if 100 <= code <= 999 else None


def headers(value: Any) -> Headers:
    """The headers of a result, given as an object or as a list of ``Name: value`` lines.

    Headers that cannot be sent or would break the framing are left out.
    """
    return tuple(
        (name.lower(), text.strip(" \t").encode("utf-8", "replace").decode("latin-1"))
        for name, text in _pairs(value)
        if _NAME.fullmatch(name) and _VALUE.fullmatch(text) and name.lower() not in _FRAMING
    )


def length(value: Any) -> int | None:
    """The ``content-length`` among the headers of a result; a longer body is cut off there."""
    texts = [text for name, text in _pairs(value) if name.lower() == "content-length"]
    return int(texts[-1]) if texts and texts[-1].isascii() and texts[-1].isdigit() else None


def _pairs(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(name, text) for name, text in value.items() if isinstance(text, str)]
    lines = value if isinstance(value, list) else []
    parted = [line.partition(":") for line in lines if isinstance(line, str) and ":" in line]
    return [(name.strip(), text.strip()) for name, _, text in parted if name.strip()]


def printable(value: str) -> str:
    """The value of a request header; empty if any character is not visible ASCII."""
    return value if all(char == "\t" or " " <= char <= "~" for char in value) else ""


def _verbatim(body: Any) -> bytes:
    """A body whose content type the handler set: text as it is, anything else as sorted JSON."""
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body, order="sorted")
