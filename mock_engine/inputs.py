"""Inputs of the engine's own functions, read field by field.

Error texts have the wording of the engine's deserialiser (serde), because SDKs pass them on. Wrong
types are found in the order of the keys, missing fields in the order of their declaration.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw

from mock_engine.failures import Failure


class Complaint(str):
    """An error about a part of a value; its text is complete."""

    __slots__ = ()


Check = Callable[[Any], str | None]
"""Returns what was expected instead of a value; ``None`` when the value is right.

A ``Complaint`` is about a part of the value.
"""


def is_text(value: Any) -> str | None:
    """A string."""
    return None if isinstance(value, str) else "a string"


def is_flag(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else "a boolean"


def is_anything(value: Any) -> str | None:
    """Any JSON value."""
    del value
    return None


def is_list(value: Any) -> str | None:
    """An array."""
    return None if isinstance(value, list) else "a sequence"


def is_map(value: Any) -> str | None:
    """An object."""
    return None if isinstance(value, dict) else "a map"


def is_texts(value: Any) -> str | None:
    """An array of strings."""
    wrong = (item for item in value if is_text(item)) if isinstance(value, list) else ()
    found = next((Complaint(complain(item, "a string")) for item in wrong), None)
    return is_list(value) or found


def is_size(value: Any) -> str | None:
    """A whole number, zero or greater."""
    return None if _is_whole(value) and value >= 0 else "usize"


def is_u32(value: Any) -> str | None:
    """A whole number of 32 bits."""
    return None if _is_whole(value) and 0 <= value < 1 << 32 else "u32"


def is_u64(value: Any) -> str | None:
    """A whole number of 64 bits."""
    return None if _is_whole(value) and 0 <= value < 1 << 64 else "u64"


def is_number(value: Any) -> str | None:
    """Any number."""
    return None if isinstance(value, int | float) and not isinstance(value, bool) else "f64"


def is_i32(value: Any) -> str | None:
    """A signed whole number of 32 bits."""
    return None if _is_whole(value) and -(1 << 31) <= value < 1 << 31 else "i32"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. An optional field may be absent or null; ``alias`` is another name for it.

    A field that is not ``nullable`` may be absent, but not null.
    """

    name: str
    check: Check = is_text
    required: bool = True
    alias: str | None = None
    nullable: bool = True

    def complaint(self, value: Any) -> str | None:
        """What was expected instead of a value; ``None`` when the value is right."""
        if value is None and self.nullable and not self.required:
            return None
        return self.check(value)


def optional(name: str, check: Check = is_text) -> Field:
    """A field that may be absent or null."""
    return Field(name, check, required=False)


def defaulted(name: str, check: Check) -> Field:
    """A field that may be absent, but not null."""
    return Field(name, check, required=False, nullable=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an input; ``name`` is used in errors.

    ``needed`` is the least number of values in an array; by default all are needed. Where the
    engine gives the last fields defaults, serde accepts an array that ends before them.
    """

    name: str
    fields: tuple[Field, ...]
    needed: int | None = None

    def read(self, data: Raw | bytes, function_id: str) -> dict[str, Any]:
        """The fields of an input; absent optional ones are ``None``.

        Raises:
            Failure: ``deserialization_error``.
        """
        value = msgspec.json.decode(data)
        complaint, found = self.examine(value)
        if complaint is not None:
            text = f"Failed to deserialize input for {function_id}: {complaint}"
            raise Failure("deserialization_error", text)
        return found

    def fault(self, value: Any) -> Complaint | None:
        """What is wrong with a value that is part of another one."""
        complaint, _ = self.examine(value)
        return None if complaint is None else Complaint(complaint)

    def examine(self, value: Any) -> tuple[str | None, dict[str, Any]]:
        """What is wrong with ``value``, if anything, and the fields that were found."""
        if isinstance(value, list):
            return self._in_order(value)
        if not isinstance(value, dict):
            return f"invalid type: {describe(value)}, expected struct {self.name}", {}
        found: dict[str, Any] = {}
        known = {field.name: field for field in self.fields}
        known |= {field.alias: field for field in self.fields if field.alias}
        for key in sorted(value):
            field = known.get(key)
            if field is None:
                continue
            if field.name in found:
                return f"duplicate field `{field.name}`", {}
            item = value[key]
            expected = field.complaint(item)
            if expected is not None:
                return complain(item, expected), {}
            found[field.name] = item
        for field in self.fields:
            if field.name not in found:
                if field.required:
                    return f"missing field `{field.name}`", {}
                found[field.name] = None
        return None, found

    def _in_order(self, values: list[Any]) -> tuple[str | None, dict[str, Any]]:
        """The fields of an input given as an array: serde reads them one after the other."""
        found: dict[str, Any] = {}
        for field, item in zip(self.fields, values, strict=False):
            expected = field.complaint(item)
            if expected is not None:
                return complain(item, expected), {}
            found[field.name] = item
        count = len(self.fields)
        if len(values) > count:
            return f"invalid length {len(values)}, expected fewer elements in array", {}
        if len(values) >= (count if self.needed is None else self.needed):
            return None, {field.name: None for field in self.fields} | found
        elements = "element" if count == 1 else "elements"
        text = f"invalid length {len(values)}, expected struct {self.name} with {count} {elements}"
        return text, {}


def complain(value: Any, expected: str) -> str:
    """The error for a value that is not what was ``expected``."""
    if isinstance(expected, Complaint):
        return expected
    outside = _is_whole(value) and expected in ("usize", "u32", "u64", "i32", "i64")
    return f"invalid {'value' if outside else 'type'}: {describe(value)}, expected {expected}"


def describe(value: Any) -> str:
    """A value as error texts describe it."""
    match value:
        case None:
            return "null"
        case bool():
            return f"boolean `{json.dumps(value)}`"
        case int():
            return f"integer `{value}`"
        case float():
            digits = f"{Decimal(repr(value)):f}"
            return f"floating point `{digits if '.' in digits else f'{digits}.0'}`"
        case str():
            return f"string {quoted(value)}"
        case Mapping():
            return "map"
    return "sequence"


ESCAPED = {'"': '\\"', "\\": "\\\\", "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def quoted(text: str) -> str:
    """A text in quotes, with unprintable characters written as Rust writes them."""
    shown = (
        ESCAPED.get(char) or (char if char.isprintable() else f"\\u{{{ord(char):x}}}")
        for char in text
    )
    return f'"{"".join(shown)}"'
