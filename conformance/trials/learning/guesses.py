"""Likely values of a field, by its name: what is tried first when only the name is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

UUID = "0b7e1a52-0000-4000-8000-0000000000e1"

_BY_NAME: tuple[tuple[re.Pattern[str], tuple[Any, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), values)
    for pattern, values in (
        (r"e-?mail", ("someone@example.com",)),
        (r"(^|_)(url|uri|href|link|endpoint|webhook)$|Ur[li]$", ("http://127.0.0.1:9/",)),
        (r"(^|_)(uuid|guid)$", (UUID,)),
        (r"(^|_)(date|day)$|Date$|birthday|dob", ("2026-01-31",)),
        (r"(time|timestamp|_at|At|since|until|expires|deadline)$",
         ("2026-01-31T08:00:00Z", 1769846400000)),
        ((r"(^|_)(id|key|name|title|slug|code|token|ref|kind|type|mode|action|status)$"
         r"|(Id|Key|Name|Code|Token|Ref|Type|Mode|Action|Status)$"), ("a", 1)),
        (r"^(is|has|can|should|allow|enable|include)[_A-Z]|(enabled|active|flag|force|dry_?run)$",
         (True, False)),
        (r"(ms|millis|milliseconds|seconds|secs|delay|timeout|ttl|interval|duration)$",
         (1, "1s")),
        ((r"(count|limit|size|max|min|num|number|amount|price|quantity|qty|total|age|port|page"
         r"|offset|index|level|priority|version|score|weight|width|height|length|rate|cents"
         r"|budget|tokens|steps|n|k|x|y|z)$"), (1, 1.5, "1")),
        ((r"(options|config|settings|metadata|meta|params|args|attributes|props|payload|body"
         r"|context|filter|query|input|data|value|state|labels|headers)$"), ({}, "a", {"a": 1})),
        ((r"(list|items|lines|tags|ids|names|values|keys|rows|entries|messages|events|users"
         r"|files|points|numbers|words|args|steps|tasks|ops|operations|[a-z]s)$"),
         (["a"], [1], [{}], [])),
    )
)  # fmt: skip

BY_KIND: Mapping[str, tuple[Any, ...]] = {
    "integer": (1, 0, 10),
    "number": (1.5, 1),
    "string": ("text", "a"),
    "boolean": (True,),
    "array": ([], [{}], ["a"], [1]),
    "object": ({},),
    "null": (None,),
}
UNTYPED: tuple[Any, ...] = (1, "a", {}, [], [{}], True)

_FORMS: tuple[tuple[re.Pattern[str], tuple[Any, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), values)
    for pattern, values in (
        (r"e-?mail", ("someone@example.com",)),
        (r"\buuid|guid", (UUID,)),
        (r"\bur[li]\b", ("http://127.0.0.1:9/",)),
        (r"date-?time|iso.?8601|rfc.?3339|timestamp", ("2026-01-31T08:00:00Z",)),
        (r"\bdate\b", ("2026-01-31",)),
        (r"non-?empty (?:array|list)|at least one|(?:array|list) .{0,20}not be empty",
         (["a"], [{}], [1])),
        (r"non-?empty|not be (?:empty|blank)|blank", ("a", ["a"])),
        (r"positive|greater than 0|> ?0|at least 1\b", (1, 10)),
        (r"base64", ("YQ==",)),
        (r"\bhex", ("0a",)),
    )
)  # fmt: skip


def guesses(name: str, kind: str | None = None, known: Iterable[Any] = ()) -> list[Any]:
    """Values to try for a field, the likeliest first.

    ``known`` are values that the worker itself gave for such a field, ``kind`` is the JSON type
    that it wants, if that is known.
    """
    found = [*known]
    for pattern, values in _BY_NAME:
        if pattern.search(name):
            found += values
            break
    if kind is not None:
        found = [value for value in found if _is(value, kind)]
        return _distinct([*found, *BY_KIND[kind]])
    return _distinct([*found, *UNTYPED])


def of_form(text: str) -> list[Any]:
    """Values of the form that a complaint describes, if it describes one."""
    return _distinct([value for form, values in _FORMS if form.search(text) for value in values])


def _is(value: Any, kind: str) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "integer": int,
        "number": (int, float),
        "string": str,
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _distinct(values: list[Any]) -> list[Any]:
    """The values without repetitions; 1 and true are two."""
    seen: dict[str, Any] = {}
    for value in values:
        seen.setdefault(repr(value), value)
    return list(seen.values())
