"""From the bytes of a frame to a message, as strictly as the engine 0.23 reads them.

Not decodable are unknown or missing types, missing required fields, wrong field types, fields
that stand twice, ids of invocations that are no UUIDs, and what its JSON parser refuses.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from typing import Any

import msgspec

from mock_engine.messages import FromWorker, InvocationResult, InvokeFunction, Ping, Pong

DEEPEST = 127
"""Levels of nesting the engine's JSON parser follows."""

_BARE: dict[bytes, FromWorker] = {b'["ping"]': Ping(), b'["pong"]': Pong()}
"""A message without fields may also be an array that holds its type alone."""

_OVERFLOW = re.compile(rb"[0-9.][eE]\+?[0-9]{3,}")
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_decoder = msgspec.json.Decoder(FromWorker)


class Undecodable(ValueError):  # noqa: N818 - what a frame is, not an error of the engine
    """A frame that is no message; the engine drops it without an answer."""


def decode(frame: bytes) -> FromWorker:
    """Read a worker's message.

    Raises:
        Undecodable: it is none; the text says why.
    """
    if frame in _BARE:
        return _BARE[frame]
    if _LONG_NUMBER.search(frame):
        frame = _rounded(frame)
    try:
        message: FromWorker = _decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Undecodable(str(fault)) from None
    if frame.count(b"[") + frame.count(b"{") > DEEPEST and _depth(frame) > DEEPEST:
        raise Undecodable(f"nested more than {DEEPEST} levels deep")
    if _OVERFLOW.search(frame) and not _all_finite(frame):
        raise Undecodable("a number is beyond what a double holds")
    if _stands_twice(frame, message):
        raise Undecodable("a field stands twice")
    if isinstance(message, InvokeFunction | InvocationResult) and message.invocation_id is not None:
        return _with_canonical_id(message)
    return message


def _depth(frame: bytes) -> int:
    """How deep the arrays and objects of valid JSON text are nested."""
    depth = deepest = 0
    for bracket in re.findall(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', frame, re.DOTALL):
        if bracket in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in (b"]", b"}"):
            depth -= 1
    return deepest


def _all_finite(frame: bytes) -> bool:
    finite = True

    def read(text: str) -> float:
        nonlocal finite
        number = float(text)
        finite = finite and math.isfinite(number)
        return number

    json.loads(frame, parse_float=read)
    return finite


def _with_canonical_id(
    message: InvokeFunction | InvocationResult,
) -> InvokeFunction | InvocationResult:
    given = message.invocation_id or ""
    try:
        canonical = str(uuid.UUID(given))
    except ValueError:
        raise Undecodable(f"invocation_id is no UUID: {given!r}") from None
    if canonical == given:
        return message
    return msgspec.structs.replace(message, invocation_id=canonical)


def _stands_twice(frame: bytes, message: FromWorker) -> bool:
    """Whether one of the message's own fields is given more than once."""
    names = ("type", *message.__struct_fields__)
    if all(frame.count(b'"%s"' % name.encode()) < 2 for name in names):
        return False
    keys: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        keys[:] = [key for key, _ in pairs]  # the outermost object is the last one to be noted

    json.loads(frame, object_pairs_hook=note)
    return any(keys.count(name) > 1 for name in names)


def _rounded(frame: bytes) -> bytes:
    """The frame with whole numbers of more than 64 bits as floats, as the engine keeps them."""
    beyond = False

    def whole(text: str) -> int | float:
        nonlocal beyond
        number = int(text)
        if -(1 << 63) <= number < 1 << 64:
            return number
        beyond = True
        return float(number)

    try:
        value = json.loads(frame, parse_int=whole)
    except (ValueError, RecursionError, OverflowError):
        return frame  # whoever decodes it will tell
    return json.dumps(value).encode() if beyond else frame
