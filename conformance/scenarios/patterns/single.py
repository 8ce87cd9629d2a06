"""Patterns of single values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jsonschema.validators import Draft202012Validator, validator_for

from conformance.documents.forms import UUID
from conformance.scenarios.patterns.base import Names, Test
from conformance.scenarios.patterns.json_values import ABSENT, is_of_type, same, shown


@dataclass(frozen=True, slots=True)
class Is(Test):
    """A given JSON value."""

    value: Any

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is the same JSON value."""
        return value is not ABSENT and same(self.value, value)

    def describe(self, names: Names) -> str:
        """The value as JSON."""
        return shown(self.value)


@dataclass(frozen=True, slots=True)
class Anything(Test):
    """Any value at all, as long as it is there."""

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is there."""
        return value is not ABSENT

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return "any value"


@dataclass(frozen=True, slots=True)
class NoSuchKey(Test):
    """No value: the key must not be there."""

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is absent."""
        return value is ABSENT

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return "no such key"


@dataclass(frozen=True, slots=True)
class OfType(Test):
    """A value of one of these JSON types."""

    types: tuple[str, ...]

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is of one of them."""
        return any(is_of_type(value, name) for name in self.types)

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return f"any {' or '.join(self.types)}"


@dataclass(frozen=True, slots=True)
class AnyUuid(Test):
    """A UUID in its usual form."""

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is one."""
        return isinstance(value, str) and UUID.fullmatch(value) is not None

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return "any UUID"


@dataclass(frozen=True, slots=True)
class Matches(Test):
    """A string that a regular expression matches as a whole."""

    expression: re.Pattern[str]

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is such a string."""
        return isinstance(value, str) and self.expression.fullmatch(value) is not None

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return f"a string that matches {self.expression.pattern!r}"


@dataclass(frozen=True, slots=True)
class Between(Test):
    """A number not below ``least`` and not above ``most``."""

    least: float | None
    most: float | None

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is within."""
        if not is_of_type(value, "number"):
            return False
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        if self.least is None:
            return f"a number up to {self.most}"
        if self.most is None:
            return f"a number from {self.least}"
        return f"a number from {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Valid(Test):
    """A value that a JSON Schema allows."""

    schema: Any

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is allowed."""
        if value is ABSENT:
            return False
        kind = validator_for(self.schema, default=Draft202012Validator)
        return bool(kind(self.schema).is_valid(value))

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return f"a value that the JSON Schema {shown(self.schema)} allows"
