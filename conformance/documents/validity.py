"""Whether a value is valid for a schema that a worker sent: fast where jsonschema-rs is installed.

References in such a schema are never fetched from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

from jsonschema.exceptions import SchemaError
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

Schema = Any
"""A JSON Schema as parsed: an object, ``True`` or ``False``."""

_RUST: Any = import_module("jsonschema_rs") if find_spec("jsonschema_rs") else None

_UNDECIDED = (ValueError, OverflowError, RecursionError, re.error, Unresolvable)
"""What validators raise for values, references and patterns that they cannot handle."""


class Unsupported(ValueError):  # noqa: N818 - what a schema is, not an error of anybody
    """A schema that cannot be read; the message says why."""


class Validity:
    """Validates values against one schema. Formats are checked only with ``formats``.

    Raises:
        Unsupported: it is not a schema, or one with a reference that cannot be resolved.
    """

    def __init__(self, schema: Schema, *, formats: bool = True) -> None:
        if not isinstance(schema, Mapping | bool):
            raise Unsupported("a schema is an object or a boolean")
        self._schema = schema
        if isinstance(schema, bool):
            return
        self._validator = _fast(schema, formats=formats)
        self._place = attrgetter("instance_path")
        if self._validator is None:
            self._validator = _slow(schema, formats=formats)
            self._place = attrgetter("absolute_path")

    def holds(self, value: Any) -> bool:
        """Whether ``value`` is valid."""
        if isinstance(self._schema, bool):
            return self._schema
        try:
            return bool(self._validator.is_valid(value))
        except _UNDECIDED:
            return False

    def fault(self, value: Any) -> str:
        """What is wrong with a value, in words; empty for a valid one."""
        if self.holds(value):
            return ""
        if isinstance(self._schema, bool):
            return "nothing is allowed here"
        try:
            for error in self._validator.iter_errors(value):
                place = "".join(f"/{part}" for part in self._place(error))
                return f"{place or 'the whole'}: {error.message}"
        except _UNDECIDED as fault:
            return str(fault)
        return "not valid"


def _fast(schema: Mapping[str, Any], *, formats: bool) -> Any:
    if _RUST is None:
        return None
    try:
        return _RUST.validator_for(dict(schema), validate_formats=formats, offline=True)
    except (ValueError, _RUST.ReferencingError):
        return None


def _slow(schema: Mapping[str, Any], *, formats: bool) -> Any:
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except SchemaError as fault:
        raise Unsupported(f"it is no schema: {fault.message}") from None
    # An empty registry: by default jsonschema fetches what a schema refers to.
    return kind(
        schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER if formats else None
    )
