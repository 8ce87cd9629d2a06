"""What a value must look like: the matchers of scenarios.

Rules of this file:

* A pattern is pure. ``solutions`` yields every way in which a value fits, as the names that are
  bound afterwards; none means that it does not. Several ways exist where order means nothing.
* A name that is bound stands for its value everywhere, so a value fits only if all places of a
  name agree. Ids of the form of a UUID are compared as the engine does, in any case.
* A mapping fits an object that has at least its keys; inside ``Exact`` it must have no others.
* JSON has one kind of number: 1 and 1.0 are the same, 1 and ``true`` are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema.validators import Draft202012Validator, validator_for

from conformance.scenarios.assignment import assignments

Names = Mapping[str, Any]
"""What names stand for."""

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_-]*)\}")
"""How a text refers to a name."""


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
"""The value of a key that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a value does not fit: the path to it, what was expected there, and what was seen."""

    path: str
    expected: str
    seen: str


class Pattern:
    """What a value must look like."""

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """Each way in which ``value`` fits, as what the names stand for then."""
        raise NotImplementedError

    def differences(self, value: Any, names: Names, path: str = "") -> list[Difference]:
        """Where ``value`` does not fit; empty when it does."""
        if self.fits(value, names):
            return []
        return [Difference(path, self.describe(names), shown(value))]

    def describe(self, names: Names) -> str:
        """The pattern in words, with what is known of its names."""
        raise NotImplementedError

    def parts(self) -> tuple[Pattern, ...]:
        """The patterns that it is made of."""
        return ()

    def binds(self) -> frozenset[str]:
        """The names that are bound when a value fits."""
        return frozenset().union(*(part.binds() for part in self.parts()))

    def needs(self) -> frozenset[str]:
        """The names that it refers to and does not bind itself before it does."""
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
        """In words."""
        return "any value"


@dataclass(frozen=True, slots=True)
class Missing(Test):
    """No value: the key must not be there."""

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is absent."""
        return value is ABSENT

    def describe(self, names: Names) -> str:
        """In words."""
        return "no such key"


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class OfType(Test):
    """A value of one of these JSON types."""

    types: tuple[str, ...]

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is of one of them."""
        return any(is_of_type(value, name) for name in self.types)

    def describe(self, names: Names) -> str:
        """In words."""
        return f"any {' or '.join(self.types)}"


@dataclass(frozen=True, slots=True)
class AnyUuid(Test):
    """A UUID in its usual form."""

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is one."""
        return isinstance(value, str) and UUID.fullmatch(value) is not None

    def describe(self, names: Names) -> str:
        """In words."""
        return "any UUID"


@dataclass(frozen=True, slots=True)
class Matches(Test):
    """A string that a regular expression matches as a whole."""

    expression: re.Pattern[str]

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is such a string."""
        return isinstance(value, str) and self.expression.fullmatch(value) is not None

    def describe(self, names: Names) -> str:
        """In words."""
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
        """In words."""
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
        """In words."""
        return f"a value that the JSON Schema {shown(self.schema)} allows"


@dataclass(frozen=True, slots=True)
class Text(Test):
    """A string, or a whole value, that refers to names: ``${name}`` or ``prefix-${name}``."""

    text: str

    def holds(self, value: Any, names: Names) -> bool:
        """Whether it is what the names make of the text; never while one is unbound."""
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
        """In words."""
        known = f" ({shown(names[self.name])})" if self.name in names else ""
        return f"any value, bound to {self.name}{known}"

    def binds(self) -> frozenset[str]:
        """Its name."""
        return frozenset({self.name})


@dataclass(frozen=True, slots=True)
class All(Pattern):
    """A value that fits every one of these patterns."""

    patterns: tuple[Pattern, ...]

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        yield from _chain([(pattern, value) for pattern in self.patterns], names)

    def describe(self, names: Names) -> str:
        """In words."""
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
        """In words."""
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
        """In words."""
        return f"anything but {self.pattern.describe(names)}"

    def needs(self) -> frozenset[str]:
        """Those of the pattern."""
        return self.pattern.needs()


@dataclass(frozen=True, slots=True)
class Object(Pattern):
    """An object with these keys; others are allowed unless it is ``exact``."""

    fields: tuple[tuple[str, Pattern], ...]
    exact: bool = False

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        """As for any pattern."""
        if isinstance(value, dict) and not (self.exact and self._excess(value)):
            parts = [(pattern, value.get(key, ABSENT)) for key, pattern in self.fields]
            yield from _chain(parts, names)

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
        """In words."""
        told = ", ".join(f"{key}: {pattern.describe(names)}" for key, pattern in self.fields)
        return "{" + told + "}" + (" and no other keys" if self.exact else "")

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
            yield from _chain(list(zip(self.items, value, strict=True)), names)

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
        """In words."""
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
        """In words."""
        told = ", ".join(pattern.describe(names) for pattern in self.items)
        return f"an array of {told}, in any order{'' if self.whole else ', perhaps among others'}"

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return self.items


def filled(text: str, names: Names) -> Any:
    """``text`` with its names replaced; a text that is one name alone becomes its value.

    Raises:
        KeyError: a name stands for nothing.
    """
    alone = REFERENCE.fullmatch(text)
    if alone is not None:
        return names[alone[1]]
    return REFERENCE.sub(lambda found: as_text(names[found[1]]), text)


def as_text(value: Any) -> str:
    """A value inside a text: a string as it is, others as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def references(text: str) -> list[str]:
    """The names that a text refers to."""
    return REFERENCE.findall(text)


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


def _chain(parts: Sequence[tuple[Pattern, Any]], names: Names) -> Iterator[Names]:
    if not parts:
        yield names
        return
    (pattern, value), *rest = parts
    for bound in pattern.solutions(value, names):
        yield from _chain(rest, bound)
