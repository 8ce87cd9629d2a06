"""Names: how they are bound, and what refers to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.patterns.base import Names, Pattern, Test
from conformance.scenarios.patterns.json_values import ABSENT, same, shown

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_-]*)\}")
"""How a text refers to a name."""


@dataclass(frozen=True, slots=True)
class Bind(Pattern):
    """Any value, which a name stands for from here on; one that is bound already must agree."""

    name: str

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        if value is ABSENT:
            return
        if self.name not in names:
            yield {**names, self.name: value}
        elif same(names[self.name], value):
            yield names

    def describe(self, names: Names) -> str:
        """The pattern in words."""
        known = f" ({shown(names[self.name])})" if self.name in names else ""
        return f"any value, bound to {self.name}{known}"

    def binds(self) -> frozenset[str]:
        """Its name."""
        return frozenset({self.name})


@dataclass(frozen=True, slots=True)
class Text(Test):
    """A string, or a whole value, that refers to names: ``${name}`` or ``prefix-${name}``."""

    text: str

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is the text with its names replaced; never if one of them is unbound."""
        try:
            return value is not ABSENT and same(filled(self.text, names), value)
        except KeyError:
            return False

    def describe(self, names: Names) -> str:
        """The value, or the text while a name in it is unbound."""
        try:
            value = shown(filled(self.text, names))
        except KeyError:
            return self.text
        return f"{value} (as {self.text})"

    def needs(self) -> frozenset[str]:
        """The names in the text."""
        return frozenset(references(self.text))


def filled(text: str, names: Names) -> Any:
    """``text`` with its names replaced; a text that is one name alone becomes its value.

    Raises:
        KeyError: a name has no value.
    """
    alone = REFERENCE.fullmatch(text)
    if alone is not None:
        return names[alone[1]]
    return REFERENCE.sub(lambda found: as_text(names[found[1]]), text)


def as_text(value: Any) -> str:
    """A value inside a text: a string unchanged, others as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def references(text: str) -> list[str]:
    """The names that a text refers to."""
    return REFERENCE.findall(text)
