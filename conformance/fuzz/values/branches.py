"""Texts that take each path through a regular expression once.

Rules of this file:

* Pure. The expression is read by Python's own parser; there are no texts for what it cannot read.
* One text takes the first path everywhere; each further one differs at one place alone: another
  alternative, an optional part left out, the least and the greatest number of repetitions, both
  ends of a character range.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from conformance.fuzz.values.strings import python

MOST = 60
LONGEST = 12
"""Repetitions of a part that may be repeated endlessly, or more often than this."""

_CLASSES = {"CATEGORY_DIGIT": "09", "CATEGORY_WORD": "aZ9_", "CATEGORY_SPACE": " "}


def branches(pattern: str) -> list[str]:
    """Texts that match, each by a different path; none if Python cannot read the pattern."""
    try:
        written = python(pattern)
        parsed = _parser.parse(written)
        compiled = re.compile(written)
    except (re.error, OverflowError, RecursionError):
        return []
    found: dict[str, None] = {}
    for text in _sequence(list(parsed)):
        if compiled.search(text):
            found[text] = None
        if len(found) >= MOST:
            break
    return [*found]


def _sequence(parts: Iterable[Any]) -> Iterator[str]:
    """The first path through all parts, and each other path through one of them."""
    ways = [[*_ways(part)] or [""] for part in parts]
    first = [way[0] for way in ways]
    yield "".join(first)
    for place, way in enumerate(ways):
        for other in way[1:]:
            yield "".join((*first[:place], other, *first[place + 1 :]))


def _ways(part: Any) -> list[str]:
    """The paths through one part of an expression."""
    kind, value = str(part[0]), part[1]
    match kind:
        case "LITERAL":
            return [chr(value)]
        case "ANY":
            return ["a"]
        case "NOT_LITERAL":
            return ["b" if value == ord("a") else "a"]
        case "IN":
            return _letters(value)
        case "BRANCH":
            return [text for way in value[1] for text in [*_sequence(list(way))][:MOST]][:MOST]
        case "SUBPATTERN":
            return [*_sequence(list(value[-1]))][:MOST]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeated(*value)
    return [""]


def _repeated(least: int, most: int, inner: Any) -> list[str]:
    """A part repeated as often as it must be, once, and as often as it may be."""
    once = [*_sequence(list(inner))] or [""]
    usual = max(least, min(1, int(most)))
    greatest = min(int(most), max(LONGEST, least))
    first = [text * usual for text in once]
    others = [once[0] * count for count in (least, greatest, greatest - 1) if count >= least]
    return [first[0], *others, *first[1:]][:MOST]


def _letters(choices: Any) -> list[str]:
    found: list[str] = []
    negated = str(choices[0][0]) == "NEGATE"
    for choice in choices:
        kind, value = str(choice[0]), choice[1]
        if kind == "LITERAL":
            found.append(chr(value))
        elif kind == "RANGE":
            found += [chr(value[0]), chr(value[1])]
        elif kind == "CATEGORY":
            found += _CLASSES.get(str(value), "a-")
    if negated:
        return [letter for letter in "a0-_ \u00e9" if letter not in found][:3]
    return [*dict.fromkeys(found)]
