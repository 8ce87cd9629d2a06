"""Patterns made of others that look at the same value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.patterns.base import Names, Pattern, Test, chain


@dataclass(frozen=True, slots=True)
class All(Pattern):
    """A value that fits every one of these patterns."""

    patterns: tuple[Pattern, ...]

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        yield from chain([(pattern, value) for pattern in self.patterns], names)

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return ", ".join(pattern.describe(names) for pattern in self.patterns)

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return self.patterns


@dataclass(frozen=True, slots=True)
class OneOf(Pattern):
    """A value that fits at least one of these patterns."""

    patterns: tuple[Pattern, ...]

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        for pattern in self.patterns:
            yield from pattern.solutions(value, names)

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return " or ".join(pattern.describe(names) for pattern in self.patterns)

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return self.patterns

    def binds(self) -> frozenset[str]:
        """The names that each of them binds."""
        first, *others = (pattern.binds() for pattern in self.patterns)
        return first.intersection(*others)


@dataclass(frozen=True, slots=True)
class Not(Test):
    """A value that does not fit a pattern."""

    pattern: Pattern

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it does not fit."""
        return not self.pattern.fits(value, names)

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        return f"anything but {self.pattern.describe(names)}"

    def needs(self) -> frozenset[str]:
        """Those of the pattern."""
        return self.pattern.needs()
