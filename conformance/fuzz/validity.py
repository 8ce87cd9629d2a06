"""Whether a value is valid for a schema: fast where jsonschema-rs is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import SchemaError
from jsonschema.validators import Draft202012Validator, validator_for
from referencing.exceptions import Unresolvable

try:
    import jsonschema_rs
except ModuleNotFoundError:
    jsonschema_rs = None  # type: ignore[assignment]

from conformance.fuzz.dialect import Unsupported

Schema = Any


class Validity:
    """Judges values by one schema. Formats are judged only where ``formats`` says so.

    Raises:
        Unsupported: it is no schema, or one that refers to what is not there.
    """

    def __init__(self, schema: Schema, *, formats: bool = True) -> None:
        if not isinstance(schema, Mapping | bool):
            raise Unsupported("a schema is an object or a boolean")
        self._schema = schema
        self._formats = formats
        self._fast: Any = None
        if isinstance(schema, bool):
            return
        if jsonschema_rs is not None:
            try:
                self._fast = jsonschema_rs.validator_for(
                    dict(schema), validate_formats=formats, offline=True
                )
            except (ValueError, jsonschema_rs.ReferencingError):
                self._fast = None
        if self._fast is None:
            kind = validator_for(schema, default=Draft202012Validator)
            try:
                kind.check_schema(dict(schema))
            except SchemaError as fault:
                raise Unsupported(f"it is no schema: {fault.message}") from None
            checker = kind.FORMAT_CHECKER if formats else None
            self._slow = kind(schema, format_checker=checker)

    def holds(self, value: Any) -> bool:
        """Whether ``value`` is valid."""
        if isinstance(self._schema, bool):
            return self._schema
        try:
            if self._fast is not None:
                return bool(self._fast.is_valid(value))
            return bool(self._slow.is_valid(value))
        except (ValueError, OverflowError, RecursionError, Unresolvable):
            return False

    def fault(self, value: Any) -> str:
        """What is wrong with a value, in words; empty for a valid one."""
        if self.holds(value):
            return ""
        if isinstance(self._schema, bool):
            return "nothing is allowed here"
        try:
            if self._fast is not None:
                for error in self._fast.iter_errors(value):
                    place = "".join(f"/{part}" for part in error.instance_path)
                    return f"{place or 'the whole'}: {error.message}"
            for error in self._slow.iter_errors(value):
                place = "".join(f"/{part}" for part in error.absolute_path)
                return f"{place or 'the whole'}: {error.message}"
        except (ValueError, OverflowError, RecursionError, Unresolvable) as fault:
            return str(fault)
        return "not valid"
