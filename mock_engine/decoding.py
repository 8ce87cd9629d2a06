"""From the bytes of a frame to a message, as strictly as engine 0.23 reads them.

A frame is rejected for an unknown or missing type, a missing required field, a field of the wrong
type, a duplicate field, an invocation id that is not a UUID, and anything that the engine's JSON
parser rejects.

Most frames are decided by a fast check: a byte search looks for anything suspicious, and only a
frame that has it is parsed a second time. A call or an answer that is exactly as long as this
engine would write it has each field once and nothing else, so only its payloads are searched.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from operator import attrgetter
from typing import Any, get_args

import msgspec

from mock_engine.ids import UUID_PATTERN
from mock_engine.messages import (
    ABSENT,
    FromWorker,
    InvocationResult,
    InvokeFunction,
    Ping,
    Pong,
    encode,
)

DEEPEST = 127
"""The deepest nesting that the engine's JSON parser accepts."""

SURELY_BEYOND = 22
"""A number with this many characters is certainly beyond 64 bits."""

SURELY_WHOLE = 19
"""A number with fewer characters than this is certainly within 64 bits."""

LONGEST_QUOTE = 80
"""The most characters of received text that an error quotes."""

_BARE: dict[bytes, FromWorker] = {b'["ping"]': Ping(), b'["pong"]': Pong()}
"""A message without fields may also be an array that contains only its type."""

_SHAPE = bytes.maketrans(b"123456789E{", b"000000000e[")
"""Maps all digits to one digit and all brackets to one, so that a search finds long numbers."""

_LONG_NUMBER, _LARGE_EXPONENT = b"0" * 19, b"0e000"
_IN_BOTH = b"000"
_TOO_DEEP = b"[" * (DEEPEST + 1)
_PLAIN_STRING = re.compile(rb'"[^"]*"')
_TOKEN = re.compile(rb"[-0-9][-+.0-9eE]{4,}")
_LONG_TOKEN = re.compile(rb"[-0-9][-+.0-9eE]{18,}")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_ROUND = bytes.maketrans(b"{}", b"[]")
_NO_MARKS = bytes(set(range(256)) - set(b'[]{}"'))
_CALLS = (InvokeFunction, InvocationResult)
_PAYLOADS = {
    InvokeFunction: attrgetter("data", "metadata", "caller", "observe_depth", "activation"),
    InvocationResult: attrgetter("result", "matched", "delivered"),
}
_is_canonical = re.compile(UUID_PATTERN).fullmatch
_NAMES: dict[type, tuple[bytes, ...]] = {
    kind: tuple(b'"%b"' % name.encode() for name in ("type", *kind.__struct_fields__))
    for kind in get_args(FromWorker)
}
"""The field names of each message, as they appear in a frame."""

_decoder = msgspec.json.Decoder(FromWorker)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Undecodable(ValueError):  # noqa: N818 - what a frame is, not an error of the engine
    """A frame that is not a message; the engine drops it without an answer."""


def decode(frame: bytes) -> FromWorker:
    """Read a worker's message.

    Raises:
        Undecodable: the frame is not a message; the text says why.
    """
    message = _at_a_glance(frame) or _at_length(frame)
    if not isinstance(message, _CALLS) or message.invocation_id is None:
        return message
    return message if _is_canonical(message.invocation_id) else _with_canonical_id(message)


def _at_a_glance(frame: bytes) -> FromWorker | None:
    """The message in a frame without anything suspicious; ``None`` for any other frame.

    No encoding is shorter than this engine's own for a call or an answer, whose fields are strings
    and payloads: a frame of that length has no room for an unknown or duplicate field.
    """
    try:
        message: FromWorker = _decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(message, _CALLS) or len(encode(message)) != len(frame):
        return None
    for payload in _PAYLOADS[type(message)](message):
        if payload is not ABSENT and not _is_plain(bytes(payload), DEEPEST - 1):
            return None
    return message


def _at_length(frame: bytes) -> FromWorker:
    """The message in any frame.

    Raises:
        Undecodable: the frame is not a message.
    """
    frame = _bounded(frame)
    try:
        message: FromWorker = _decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError) as fault:
        if frame in _BARE:
            return _BARE[frame]
        raise Undecodable(str(fault)) from None
    if _stands_twice(frame, message):
        raise Undecodable("a field stands twice")
    return message


def read(text: bytes) -> Any:
    """Read a JSON value that is not a message.

    Raises:
        Undecodable: the text is not valid JSON.
    """
    try:
        return msgspec.json.decode(_bounded(text))
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Undecodable(str(fault)) from None


def _bounded(frame: bytes) -> bytes:
    """JSON text with its numbers as the engine stores them.

    Raises:
        Undecodable: the text is nested too deeply, or contains a number that is too large.
    """
    if _is_plain(frame, DEEPEST):
        return frame
    if _is_too_deep(frame):
        raise Undecodable(f"nested more than {DEEPEST} levels deep")
    numbers = _TOKEN if _LARGE_EXPONENT in frame.translate(_SHAPE, b"+") else _LONG_TOKEN
    return _rounded(frame, numbers)


def _is_plain(text: bytes, levels: int) -> bool:
    """Whether JSON text certainly has neither deep nesting nor a suspicious number."""
    shape = text.translate(_SHAPE, b"+")
    if len(text) > 2 * levels and shape.count(b"[") > levels:  # each bracket has a partner
        return False
    if _IN_BOTH not in shape:
        return True
    return _LARGE_EXPONENT not in shape and _LONG_NUMBER not in shape


def _is_too_deep(frame: bytes) -> bool:
    """Whether valid JSON text is nested too deeply, found by removing one level at a time."""
    marks = _unescaped(frame).translate(_ROUND, _NO_MARKS)
    brackets = _PLAIN_STRING.sub(b"", marks.replace(b'""', b""))
    for _ in range(DEEPEST):
        if _TOO_DEEP in brackets:
            return True
        peeled = brackets.replace(b"[]", b"")
        if len(peeled) == len(brackets):
            return False
        brackets = peeled
    return b"[]" in brackets


def _unescaped(text: bytes) -> bytes:
    """JSON text without escaped quotes, so that each quote begins or ends a string."""
    return text.replace(b"\\\\", b"").replace(b'\\"', b"")


def _with_canonical_id(
    message: InvokeFunction | InvocationResult,
) -> InvokeFunction | InvocationResult:
    text = message.invocation_id or ""
    try:
        canonical = str(uuid.UUID(text))
    except ValueError:
        raise Undecodable(f"invocation_id is no UUID: {text[:LONGEST_QUOTE]!r}") from None
    return msgspec.structs.replace(message, invocation_id=canonical)


def _stands_twice(frame: bytes, message: FromWorker) -> bool:
    """Whether one of the message's own fields occurs more than once.

    Most frames contain each field once and the JSON punctuation between them, and nothing else.
    """
    fields = _fields.decode(frame)
    held = sum(map(len, fields)) + sum(map(len, fields.values()))
    if len(frame) == held + 4 * len(fields) + 1:
        return False
    if all(frame.count(name) < 2 for name in _NAMES[type(message)]):
        return False
    keys: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        keys[:] = [key for key, _ in pairs]  # the outermost object comes last

    json.loads(frame, object_pairs_hook=note)
    return any(keys.count(name) > 1 for name in ("type", *message.__struct_fields__))


def _rounded(frame: bytes, suspect: re.Pattern[bytes]) -> bytes:
    """The frame with whole numbers of more than 64 bits as floats, as the engine stores them.

    Raises:
        Undecodable: a number is beyond the range of a double.
    """
    parts: list[bytes] = []
    written = seen = 0
    in_string = False
    for found in suspect.finditer(frame):
        text, start, end = found[0], found.start(), found.end()
        if len(text) < SURELY_WHOLE and b"e" not in text and b"E" not in text:
            continue
        in_string ^= _unescaped(frame[seen:start]).count(b'"') % 2 == 1
        seen = end
        if not in_string and (rounded := _round(text)) != text:
            parts += (frame[written:start], rounded)
            written = end
    return b"".join((*parts, frame[written:]))


def _round(text: bytes) -> bytes:
    if not _NUMBER.fullmatch(text):
        return text  # not JSON: the decoder will report it
    number = float(text)
    if not math.isfinite(number):
        raise Undecodable("a number is beyond what a double holds")
    if not text.lstrip(b"-").isdigit():
        return text
    if len(text) < SURELY_BEYOND and -(1 << 63) <= int(text) < 1 << 64:
        return text
    return repr(number).encode()
