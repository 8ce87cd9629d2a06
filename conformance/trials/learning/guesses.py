"""Likely values of a field, by its name: what is tried first when only the name is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

UUID = "0b7e1a52-0000-4000-8000-0000000000e1"

_BY_WORD: tuple[tuple[frozenset[str], tuple[Any, ...]], ...] = tuple(
    (frozenset(words.split()), values)
    for words, values in (
        ("email mail", ("someone@example.com",)),
        ("url uri href link endpoint webhook", ("http://127.0.0.1:9/",)),
        ("uuid guid", (UUID,)),
        ("date day birthday dob", ("2026-01-31",)),
        ("time timestamp at since until expires deadline", ("2026-01-31T08:00:00Z", 1769846400000)),
        ("id key name slug code token ref kind type mode action status", ("a", 1)),
        ("enabled active flag force dry verbose recursive", (True, False)),
        ("ms millis milliseconds seconds secs delay timeout ttl interval duration", (1, "1s")),
        (
            (
                "count limit size max min num number amount price quantity qty total age port page"
                " offset index level priority version score weight width height length rate cents"
                " budget tokens n k x y z"
            ),
            (1, 1.5, "1"),
        ),
        (
            (
                "text content message title description subject comment note prompt query question"
                " label reason summary html markdown lang language locale currency country city"
                " street zip phone path filename topic channel role user author word term"
            ),
            ("text", 1, {}),
        ),
        (
            (
                "options config settings metadata meta params args attributes props payload body"
                " context filter input data value state labels headers"
            ),
            ({}, "a", {"a": 1}),
        ),
    )
)
"""Values by the last word of a name."""

_PLURAL: tuple[Any, ...] = (["a"], [1], [{}], [])
_QUESTIONS = frozenset(("is", "has", "can", "should", "allow", "enable", "include"))

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

    ``known`` are values that the worker itself used for such a field, ``kind`` is the JSON type
    that it wants, if known.
    """
    found = [*known, *_likely(name)]
    if kind is not None:
        found = [value for value in found if _is(value, kind)]
        return _distinct([*found, *BY_KIND[kind]])
    return _distinct([*found, "a", *UNTYPED])


def _likely(name: str) -> tuple[Any, ...]:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").split("_")
    if len(words) > 1 and words[0] in _QUESTIONS:
        return True, False
    for known, values in _BY_WORD:
        if words[-1] in known:
            return values
    return _PLURAL if words[-1].endswith("s") and len(words[-1]) > 2 else ()


def of_form(text: str) -> list[Any]:
    """Values of the form that a complaint describes, if any."""
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
