"""Values that programs stumble over, and the edges of numbers and lengths.

Rules of this file:

* A value is what ``msgspec`` writes: JSON values, and ``Raw`` text for what Python has no value
  for (``1e400``, a key that stands twice, half of a surrogate pair).
* The engine reads every message before it passes its data on. What it would never pass on is marked
  as not deliverable: how a worker handles that is not judged, only noted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

_LONG = 10_000


def nested(levels: int, inner: bytes = b"1") -> Raw:
    """Arrays in arrays."""
    return Raw(b"[" * levels + inner + b"]" * levels)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A value, and what is hostile about it."""

    name: str
    value: Any
    deliverable: bool = True


HOSTILE: Sequence[Hostile] = (
    Hostile("null", None),
    Hostile("an empty text", ""),
    Hostile("zero", 0),
    Hostile("minus one", -1),
    Hostile("an empty array", []),
    Hostile("an empty object", {}),
    Hostile("true", True),
    Hostile("a text", "text"),
    Hostile("a fraction", 1.5),
    Hostile("an array of null", [None]),
    Hostile("an array of arrays", [[]]),
    Hostile("an object of null", {"a": None}),
    Hostile("negative zero", Raw(b"-0.0")),
    Hostile("2^31", 2**31),
    Hostile("2^53 - 1", 2**53 - 1),
    Hostile("2^53 + 1", 2**53 + 1),
    Hostile("-2^53 - 1", -(2**53) - 1),
    Hostile("-2^63", -(2**63)),
    Hostile("2^64 - 1", 2**64 - 1),
    Hostile("2^64 as a float", Raw(b"1.8446744073709552e19")),
    Hostile("the greatest double", Raw(b"1.7976931348623157e308")),
    Hostile("the least double", Raw(b"5e-324")),
    Hostile("a text of digits", "12345678901234567890"),
    Hostile("a text that says NaN", "NaN"),
    Hostile("blanks", " \t\n"),
    Hostile("NUL", "a\x00b"),
    Hostile("astral characters", "𝔘😀\U0010ffff"),
    Hostile("bidirectional marks", "\u202eabc\u2066\u2069"),
    Hostile("combining marks", "e\u0301\u0327" * 20),
    Hostile("line separators", "a\u2028b\u2029c\x85"),
    Hostile("a byte order mark", "\ufeffa"),
    Hostile("a long text", "x" * _LONG),
    Hostile("a path", "../../../../etc/passwd"),
    Hostile("a path of Windows", "..\\..\\windows\\win.ini"),
    Hostile("SQL", "' OR '1'='1' --"),
    Hostile("a shell command", "$(id); `id` | id"),
    Hostile("a template", "{{7*7}} ${7*7} <%= 7*7 %>"),
    Hostile("a format", "%s%n%x {0} {__class__}"),
    Hostile("the beginning of a regular expression", "(["),
    Hostile("a regular expression", "(a+)+$*?\\"),
    Hostile("a percent sign", "100%"),
    Hostile("markup", "<script>alert(1)</script>&amp;"),
    Hostile("a prototype as a field", {"__proto__": {"polluted": True}}),
    Hostile("a constructor as a field", {"constructor": {"prototype": {"polluted": True}}}),
    Hostile("names of Python", {"__class__": "x", "__dict__": {}}),
    Hostile("an empty name", {"": 1}),
    Hostile("a long name", {"k" * _LONG: 1}),
    Hostile("a name with a dot", {"a.b": 1, "a[0]": 1, "$where": "1"}),
    Hostile("many fields", {f"f{n}": n for n in range(500)}),
    Hostile("many items", list(range(1000))),
    Hostile("100 levels of arrays", nested(100)),
    Hostile("100 levels of objects", Raw(b'{"a":' * 100 + b"1" + b"}" * 100)),
    Hostile("1e400", Raw(b"1e400"), deliverable=False),
    Hostile("-1e400", Raw(b"-1e400"), deliverable=False),
    Hostile("a name that stands twice", Raw(b'{"a":1,"a":2}'), deliverable=False),
    Hostile("2^64", Raw(b"18446744073709551616"), deliverable=False),
    Hostile("a very long number", Raw(b"1" * 400), deliverable=False),
    Hostile("half of a surrogate pair", Raw(rb'"\ud800"'), deliverable=False),
    Hostile("a surrogate pair in the wrong order", Raw(rb'"\udc00\ud800"'), deliverable=False),
)

COMMON = HOSTILE[:12]
"""The simplest ones, which show most type errors."""


def edges(schema: Any) -> list[Any]:
    """Values at and beside the bounds of a schema, and its constants."""
    found: dict[str, Any] = {}
    for value in _edges(schema, set()):
        found.setdefault(json.dumps(value, default=repr), value)
    return list(found.values())[:200]


def _edges(schema: Any, seen: set[int]) -> Iterator[Any]:
    if isinstance(schema, list):
        for part in schema:
            yield from _edges(part, seen)
    if not isinstance(schema, Mapping) or id(schema) in seen:
        return
    seen.add(id(schema))
    for key, value in schema.items():
        if key == "const":
            yield value
        elif key == "enum" and isinstance(value, list):
            yield from value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _beside(key, value)
        else:
            yield from _edges(value, seen)


def _beside(key: str, bound: float) -> Iterator[Any]:
    if key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        yield from (bound - 1, bound, bound + 1)
    elif key in ("minLength", "maxLength") and bound < _LONG:
        yield from ("x" * max(0, int(bound) + more) for more in (-1, 0, 1))
    elif key in ("minItems", "maxItems") and bound < _LONG / 10:
        yield from ([None] * max(0, int(bound) + more) for more in (-1, 1))


def written(value: Any) -> bytes:
    """A value as JSON text."""
    try:
        return msgspec.json.encode(value)
    except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError, RecursionError):
        return json.dumps(value, default=_raw).encode("utf-8", "backslashreplace")


def _raw(value: Any) -> Any:
    if isinstance(value, Raw):
        return json.loads(bytes(value))
    raise TypeError(repr(value))
