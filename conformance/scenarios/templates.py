"""What is sent to a worker: JSON in which some parts are filled in when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.patterns.names import filled, references

NewId = Callable[[], str]


class Template:
    """JSON with names in it."""

    def render(self, names: dict[str, Any], new_id: NewId) -> Any:
        """The value; a fresh id that is generated is put into ``names``.

        Raises:
            KeyError: it refers to a name that has no value.
        """
        raise NotImplementedError

    def binds(self) -> frozenset[str]:
        """The names for which it generates ids."""
        return frozenset()

    def needs(self) -> frozenset[str]:
        """The names that it refers to."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Fixed(Template):
    """A literal value."""

    value: Any

    def render(self, names: dict[str, Any], new_id: NewId) -> Any:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Fill(Template):
    """A text with names in it; one that is only a name becomes its value."""

    text: str

    def render(self, names: dict[str, Any], new_id: NewId) -> Any:
        """The text with its names replaced."""
        return filled(self.text, names)

    def needs(self) -> frozenset[str]:
        """The names in it."""
        return frozenset(references(self.text))


@dataclass(frozen=True, slots=True)
class Fresh(Template):
    """A fresh UUID, which is the value of a name from here on."""

    name: str

    def render(self, names: dict[str, Any], new_id: NewId) -> Any:
        """The id."""
        names[self.name] = new_id()
        return names[self.name]

    def binds(self) -> frozenset[str]:
        """Its name."""
        return frozenset({self.name})


@dataclass(frozen=True, slots=True)
class Repeat(Template):
    """A long text: ``text``, ``count`` times."""

    text: str
    count: int

    def render(self, names: dict[str, Any], new_id: NewId) -> Any:
        """The text."""
        return self.text * self.count


@dataclass(frozen=True, slots=True)
class Parts(Template):
    """An object or an array of templates."""

    parts: Mapping[str, Template] | tuple[Template, ...]

    def render(self, names: dict[str, Any], new_id: NewId) -> Any:
        """The object or array."""
        if isinstance(self.parts, tuple):
            return [part.render(names, new_id) for part in self.parts]
        return {key: part.render(names, new_id) for key, part in self.parts.items()}

    def binds(self) -> frozenset[str]:
        """All of theirs."""
        return frozenset().union(*(part.binds() for part in self._all()))

    def needs(self) -> frozenset[str]:
        """The names that they need and that none before has bound."""
        found: frozenset[str] = frozenset()
        bound: frozenset[str] = frozenset()
        for part in self._all():
            found |= part.needs() - bound
            bound |= part.binds()
        return found

    def _all(self) -> tuple[Template, ...]:
        return self.parts if isinstance(self.parts, tuple) else tuple(self.parts.values())
