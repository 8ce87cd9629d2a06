"""JSON values: when two are the same, of which type they are, how they are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.documents.forms import UUID


class _NoValue:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _NoValue()
"""The value of a key that is not there."""


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other or (one.lower() == other.lower() and UUID.fullmatch(one) is not None)
    return bool(one == other)


def is_of_type(value: Any, name: str) -> bool:
    """Whether a value is of a JSON type."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[name])


def shown(value: Any, width: int = 200) -> str:
    """A value as JSON, cut to ``width`` characters."""
    text = repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= width else f"{text[: width - 1]}…"
