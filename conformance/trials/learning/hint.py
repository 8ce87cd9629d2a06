"""What a complaint about data says, whatever wrote it: a hint."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.documents.trees import Path


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that a message says.

    ``path`` is where, if the message says so. ``name`` is a wanted field, ``kind`` the wanted type,
    ``found`` the type that was there instead, ``options`` are values to choose from.
    """

    path: Path | None = None
    name: str | None = None
    kind: str | None = None
    found: str | None = None
    options: tuple[str, ...] = ()


_KINDS = {
    "integer": r"integer|int(?:eger)?\d*|[iu](?:8|16|32|64|128|size)|whole number|long|bigint",
    "number": r"number|float(?:ing point)?\d*|f32|f64|double|real number|decimal|`?number`?",
    "boolean": r"bool(?:ean)?|a boolean",
    "array": r"array|list|sequence|slice|vec(?:tor)?|tuple|set|iterable|\[\][\w.]+",
    "object": r"object|map|dict(?:ionary)?|mapping|struct(?: \w+)?|record|hash",
    "string": r"string|str|text|a borrowed string|char|uuid|date\w*",
    "null": r"null|none(?:type)?|undefined|unit|nil",
}
_WORDS = {
    kind: re.compile(rf"^(?:an? |valid |the )*(?:{words})\b", re.IGNORECASE)
    for kind, words in _KINDS.items()
}


def kind_named(text: str) -> str | None:
    """The JSON type that a word of some language names at the beginning of ``text``."""
    stripped = text.strip(" `'\"*:")
    for kind, words in _WORDS.items():
        if words.match(stripped):
            return kind
    return None


FILLERS = frozenset((
    "a", "an", "and", "are", "argument", "arguments", "as", "at", "be", "both", "but", "by",
    "data", "either", "error", "field", "fields", "for", "from", "function", "given", "has",
    "have", "i", "if", "in", "input", "invalid", "is", "it", "key", "keys", "may", "missing",
    "more", "must", "no", "not", "of", "on", "one", "or", "parameter", "parameters", "payload",
    "property", "properties", "request", "required", "should", "that", "the", "this", "to",
    "type", "valid", "validation", "value", "values", "was", "we", "were", "with", "you", "your",
    "object", "string", "number", "integer", "boolean", "array", "null", "undefined", "list",
    "dict", "json", "failed", "received", "got", "expected", "found", "int", "str", "float",
    "bool", "true", "false", "none",
))  # fmt: skip
"""Words in complaints that name no field."""

LISTABLE = frozenset((
    "a", "at", "by", "data", "from", "function", "input", "key", "keys", "list", "on", "payload",
    "request", "to", "type", "value", "values",
))  # fmt: skip
"""Those of them that do where several names are listed: "missing required fields: from, to"."""
