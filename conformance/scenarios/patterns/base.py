"""What every pattern is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.patterns.json_values import shown

Names = Mapping[str, Any]
"""The values of names."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a value does not fit: the path to it, what was expected there, and what was seen."""

    path: str
    expected: str
    seen: str


class Pattern:
    """What a value must look like."""

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """Each way in which ``value`` fits, as the values of the names."""
        raise NotImplementedError

    def differences(self, value: Any, names: Names, path: str = "") -> list[Difference]:
        """Where ``value`` does not fit; empty when it does."""
        if self.fits(value, names):
            return []
        return [Difference(path, self.describe(names), shown(value))]

    def describe(self, names: Names) -> str:
        """The pattern in words, with the values of its names that are known."""
        raise NotImplementedError

    def parts(self) -> tuple[Pattern, ...]:
        """The patterns that it is made of."""
        return ()

    def binds(self) -> frozenset[str]:
        """The names that are bound when a value fits."""
        return frozenset().union(*(part.binds() for part in self.parts()))

    def needs(self) -> frozenset[str]:
        """The names that it refers to and does not bind itself first."""
        found: frozenset[str] = frozenset()
        bound: frozenset[str] = frozenset()
        for part in self.parts():
            found |= part.needs() - bound
            bound |= part.binds()
        return found

    def fits(self, value: Any, names: Names) -> bool:
        """Whether ``value`` fits in at least one way."""
        return next(self.solutions(value, names), None) is not None


class Test(Pattern):
    """A pattern that fits in one way or not at all, and binds nothing."""

    def holds(self, value: Any, names: Names) -> bool:
        """Whether ``value`` fits."""
        raise NotImplementedError

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        if self.holds(value, names):
            yield names


def chain(parts: Sequence[tuple[Pattern, Any]], names: Names) -> Iterator[Names]:
    """Each way in which all of these patterns fit their values, with names that agree."""
    if not parts:
        yield names
        return
    (pattern, value), *rest = parts
    for bound in pattern.solutions(value, names):
        yield from chain(rest, bound)
