"""The content of a frame, with everything generalised that would differ in another run.

Rules of this file:

* Everything here works on JSON values; the result is the plain form of patterns and templates, as
  written in a scenario.
* A value always fits the pattern made from it.
* A UUID gets a name where it first occurs: the worker's is bound, the engine's is generated anew.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from typing import Any

from conformance.documents.forms import UUID
from conformance.scenarios.patterns.names import REFERENCE
from conformance.scenarios.recording.plain import is_deep
from conformance.scenarios.recording.texts import (
    TIME,
    TOKEN,
    TRACEPARENT,
    expressions,
    members,
)
from conformance.trials.conversation import ANNOUNCE

TYPED: Mapping[str, str] = {
    "stacktrace": "string",
    "pid": "integer",
    "os": "string",
    "version": "string",
    "name": "string",
    "telemetry": "object",
    "features": "array",
}
"""Fields of an announcement, and stack traces, that depend on the run and its machine."""

EVERYWHERE = frozenset({"stacktrace", "pid"})
"""Those of them that do so in any message."""

SPAN = re.compile(r".*(?:_ms|_ns|_us|_at|after|duration|elapsed|latency|timestamp).*")
"""Keys of numbers that are times."""

EARLIEST, LATEST = 1_400_000_000, 2_600_000_000
"""Seconds since the epoch between which a number is taken for a time, in any unit."""

UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
MEASURED = re.compile(r"-?\d*\.\d{3,}|-?[\d.]+e-\d+")
"""A number with this many decimals was measured, unless the engine sent it."""

LONGEST = 4_000
"""Characters of a text that is expected unchanged."""

SHORTEST_RUN = 200
"""Characters in a run of equal ones that is written as a count."""


class Generaliser:
    """Generalises the frames of one conversation. Names are kept from frame to frame."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._verbatim: set[str] = set()
        self._heard: set[float] = set()

    def expected(self, message: Any) -> Any:
        """A message of the worker as a pattern; what is nested too deep is left out."""
        if not isinstance(message, dict):
            return {"$type": "array"} if is_deep(message) else self._expect(message, "", False)
        announces = message.get("function_id") == ANNOUNCE
        plain = {key: value for key, value in message.items() if not is_deep(value)}
        return self._expect(plain, "", announces)

    def expected_text(self, text: str) -> Any:
        """A text of the worker that is not JSON, as a pattern."""
        if len(text) > LONGEST:
            return {"$type": "string"}
        found = [{"$regex": each} for each in expressions(text, self._verbatim)]
        return found[0] if len(found) == 1 else {"$all": found}

    def sent(self, message: Any) -> Any:
        """A message of the engine as a template."""
        return self._send(message)

    def sent_text(self, text: str) -> Any:
        """A text of the engine that must stay unchanged, except for ids that have a name."""
        self._verbatim |= {each.lower() for each in UUID.findall(text) if not self.known(each)}
        return self._send_text(text)

    def known(self, text: str) -> bool:
        """Whether a UUID has a name."""
        return text.lower() in self._names

    # -- patterns --------------------------------------------------------------------------------

    def _expect(self, value: Any, key: str, announces: bool) -> Any:
        if key in TYPED and (announces or key in EVERYWHERE) and value is not None:
            return _typed(value)
        if isinstance(value, dict):
            return _object({k: self._expect(v, k, announces) for k, v in value.items()}, "$object")
        if isinstance(value, list):
            return [self._expect(item, key, announces) for item in value]
        if isinstance(value, str):
            if key == "baggage" and "," in value:
                return {"$all": [{"$regex": each} for each in members(value)]}
            return self._expect_text(value)
        if isinstance(value, float) and math.isinf(value):
            return {"$min": sys.float_info.max} if value > 0 else {"$max": -sys.float_info.max}
        return {"$type": "number"} if self._is_measured(value, key) else value

    def _is_measured(self, value: Any, key: str) -> bool:
        """Whether a value is a time, or a number that no one would have written down."""
        if _is_time(value, key):
            return True
        fraction = isinstance(value, float) and MEASURED.fullmatch(repr(value)) is not None
        return fraction and value not in self._heard

    def _expect_text(self, text: str) -> Any:
        if UUID.fullmatch(text):
            if self.known(text):
                return self._reference(text)
            if text.lower() in self._verbatim:
                return text
            return {"$bind": self._name(text), "$uuid": True}
        if TRACEPARENT.fullmatch(text):
            return {"$regex": TRACEPARENT.pattern}
        if TIME.fullmatch(text):
            return {"$regex": TIME.pattern}
        if REFERENCE.search(text):
            return {"$literal": text}
        if len(text) > LONGEST or TOKEN.search(text):
            return {"$type": "string"}
        found = UUID.findall(text)
        if not found:
            return text
        if not all(self.known(each) and each == each.lower() for each in found):
            return {"$type": "string"}
        return UUID.sub(lambda match: self._reference(match[0]), text)

    # -- templates -------------------------------------------------------------------------------

    def _send(self, value: Any) -> Any:
        if isinstance(value, dict):
            found = {k: self._send(v) for k, v in value.items()}
            if any(k.startswith("$") for k in value):
                return {"$literal": value}
            return found
        if isinstance(value, list):
            return [self._send(item) for item in value]
        if isinstance(value, float):
            self._heard.add(value)
        return self._send_text(value) if isinstance(value, str) else value

    def _send_text(self, text: str) -> Any:
        if UUID.fullmatch(text):
            return self._reference(text) if self.known(text) else {"$new": self._name(text)}
        if REFERENCE.search(text):
            return {"$literal": text}
        if len(text) >= SHORTEST_RUN and len(set(text)) == 1:
            return {"$repeat": {"text": text[0], "count": len(text)}}
        if any(self.known(each) for each in UUID.findall(text)):
            return UUID.sub(self._replaced, text)
        return text

    # -- names -----------------------------------------------------------------------------------

    def _name(self, text: str) -> str:
        return self._names.setdefault(text.lower(), f"id{len(self._names) + 1}")

    def _reference(self, text: str) -> str:
        return "${" + self._names[text.lower()] + "}"

    def _replaced(self, found: re.Match[str]) -> str:
        return self._reference(found[0]) if self.known(found[0]) else found[0]


def _object(found: dict[str, Any], operator: str) -> Any:
    return {operator: found} if any(key.startswith("$") for key in found) else found


def _typed(value: Any) -> Any:
    names = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}
    return {"$type": names.get(type(value), "object")}


def _is_time(value: Any, key: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if SPAN.fullmatch(key) and isinstance(value, float):
        return True
    return any(EARLIEST * unit <= value <= LATEST * unit for unit in UNITS)
