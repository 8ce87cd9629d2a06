"""Regular expressions for texts of which some parts differ in another run.

An answer that is not JSON, perhaps because of a ``NaN`` in it, still has fields. It is recognised
by them, so that it may have more fields, and in another order, like any other message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from conformance.documents.forms import UUID

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
TOKEN = re.compile(r"[0-9a-fA-F]{32,}")
VOLATILE = re.compile(f"{TRACEPARENT.pattern}|(?i:{UUID.pattern})|{TIME.pattern}|{TOKEN.pattern}")
"""The parts of a text that differ in another run."""

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"\s*")


def expressions(text: str, kept: Collection[str]) -> list[str]:
    """Expressions that must all match the whole text: one for each field, or one for all of it.

    ``kept`` are ids that are the same in another run.
    """
    fields = [
        rf".*{re.escape(key)}\s*:\s*{expression(value, kept)}\s*[,}}].*"
        for key, value in _fields(text)
    ]
    return fields or [expression(text, kept)]


def members(text: str) -> list[str]:
    """The same for a list without order (W3C Baggage, section 3.2)."""
    found = [expression(member.strip()) for member in text.split(",")]
    return [f"(.*,)? *{member} *(,.*)?" for member in found]


def expression(text: str, kept: Collection[str] = ()) -> str:
    """A regular expression for a text in which ids, times and tokens may be others."""
    found, end = "", 0
    for match in VOLATILE.finditer(text):
        if match[0].lower() not in kept:
            found += re.escape(text[end : match.start()]) + _kind(match[0])
            end = match.end()
    return found + re.escape(text[end:])


def _kind(text: str) -> str:
    if UUID.fullmatch(text):
        return f"(?i:{UUID.pattern})"
    return next(f"(?:{k.pattern})" for k in (TRACEPARENT, TIME, TOKEN) if k.fullmatch(text))


def _fields(text: str) -> list[tuple[str, str]]:
    """The keys and values, verbatim, of a text that reads as an object; nothing otherwise.

    Python reads ``NaN`` and ``Infinity``, which are not JSON.
    """
    found: list[tuple[str, str]] = []
    try:
        at = _past(text, "{", 0)
        while True:
            middle = _value(text, at)
            begin = _past(text, ":", middle)
            end = _value(text, begin)
            found.append((text[at:middle], text[begin:end]))
            at = _SPACE.match(text, end).end()  # type: ignore[union-attr]
            if text[at : at + 1] != ",":
                return found if _past(text, "}", at) == len(text) else []
            at = _past(text, ",", at)
    except (ValueError, RecursionError):
        return []


def _value(text: str, at: int) -> int:
    """Where the value ends that begins here."""
    return _DECODER.raw_decode(text, at)[1]


def _past(text: str, mark: str, at: int) -> int:
    """Where the next thing begins after ``mark``.

    Raises:
        ValueError: there is something else here.
    """
    found = re.compile(rf"\s*{re.escape(mark)}\s*").match(text, at)
    if found is None:
        raise ValueError(f"{mark} is missing at {at}")
    return found.end()
