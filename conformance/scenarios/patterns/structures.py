"""Patterns of objects and arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.assignment import assignments
from conformance.scenarios.patterns.base import Difference, Names, Pattern, chain
from conformance.scenarios.patterns.json_values import ABSENT, shown


@dataclass(frozen=True, slots=True)
class Object(Pattern):
    """An object with these keys; others are allowed unless it is ``exact``."""

    fields: tuple[tuple[str, Pattern], ...]
    exact: bool = False

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        if isinstance(value, dict) and not (self.exact and self._excess(value)):
            parts = [(pattern, value.get(key, ABSENT)) for key, pattern in self.fields]
            yield from chain(parts, names)

    def differences(self, value: Any, names: Names, path: str = "") -> list[Difference]:
        """Key by key."""
        if not isinstance(value, dict):
            return [Difference(path, "an object", shown(value))]
        found: list[Difference] = []
        for key, pattern in self.fields:
            part = value.get(key, ABSENT)
            found += pattern.differences(part, names, f"{path}.{key}" if path else key)
            names = next(pattern.solutions(part, names), names)
        if self.exact:
            found += [
                Difference(f"{path}.{key}" if path else key, "no such key", shown(value[key]))
                for key in self._excess(value)
            ]
        return found

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        parts = ", ".join(f"{key}: {pattern.describe(names)}" for key, pattern in self.fields)
        return "{" + parts + "}" + (" and no other keys" if self.exact else "")

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return tuple(pattern for _, pattern in self.fields)

    def _excess(self, value: Mapping[str, Any]) -> list[str]:
        known = {key for key, _ in self.fields}
        return [key for key in value if key not in known]


@dataclass(frozen=True, slots=True)
class Array(Pattern):
    """An array with these items, in this order, and no others."""

    items: tuple[Pattern, ...]

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        if isinstance(value, list) and len(value) == len(self.items):
            yield from chain(list(zip(self.items, value, strict=True)), names)

    def differences(self, value: Any, names: Names, path: str = "") -> list[Difference]:
        """Item by item, when there are as many as expected."""
        if not isinstance(value, list):
            return [Difference(path, "an array", shown(value))]
        if len(value) != len(self.items):
            wanted = f"an array of {len(self.items)}"
            return [Difference(path, wanted, f"one of {len(value)}: {shown(value)}")]
        found: list[Difference] = []
        for index, (pattern, item) in enumerate(zip(self.items, value, strict=True)):
            found += pattern.differences(item, names, f"{path}[{index}]")
            names = next(pattern.solutions(item, names), names)
        return found

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return "[" + ", ".join(pattern.describe(names) for pattern in self.items) + "]"

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return self.items


@dataclass(frozen=True, slots=True)
class Unordered(Pattern):
    """An array in which each pattern has an item of its own; others too unless ``whole``."""

    items: tuple[Pattern, ...]
    whole: bool = True

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        if isinstance(value, list) and not (self.whole and len(value) != len(self.items)):
            for _, bound in assignments(self.items, value, names):
                yield bound

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        parts = ", ".join(pattern.describe(names) for pattern in self.items)
        return f"an array of {parts}, in any order{'' if self.whole else ', perhaps among others'}"

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return self.items
