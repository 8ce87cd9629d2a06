"""Values that a schema allows.

``Generator.value`` builds one from choices and asks a validator whether it is right; what the
building cannot foresee (``not``, ``oneOf``, dependencies of dependencies) the validator refuses,
and it is built again. So a value that is given out is always valid, and a schema is either
supported or not, which ``Unsupported`` tells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from conformance.fuzz.choices import Choices, DrawnChoices
from conformance.fuzz.dialect import LINK, TYPES, Schema, Unsupported, merged, read
from conformance.fuzz.strings import PLAIN, TAG, of_format, of_pattern, plain
from conformance.fuzz.validity import Validity

ATTEMPTS = 60
DEEP = 6
"""Levels after which only what must be there is built."""

DEEPEST = 40
LARGE = 120
"""Nodes after which a value gets only what must be there."""

LONG = 8
"""Items, fields or letters beyond the least number, at most."""

_OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
}
"""Keywords that tell which type is meant where none is named."""


class Impossible(Exception):  # noqa: N818 - a dead end of the building; another way may lead on
    """No value was found on this way."""


class Generator:
    """Builds values for one schema.

    Raises:
        Unsupported: the schema cannot be read.
    """

    def __init__(self, schema: Schema) -> None:
        try:
            self.schema = read(schema)
            self.validity = Validity(schema)
        except (RecursionError, TypeError, AttributeError, ValueError) as fault:
            raise fault if isinstance(fault, Unsupported) else Unsupported(str(fault)) from None

    def value(self, choices: Choices) -> Any:
        """A valid value.

        Raises:
            Unsupported: none was found.
        """
        for attempt in range(ATTEMPTS):
            try:
                value = Building(choices, sparing=attempt > ATTEMPTS // 2).build(self.schema, 0)
            except (Impossible, RecursionError, OverflowError):
                continue
            if self.validity.holds(value):
                return value
        raise Unsupported(f"no valid value was found in {ATTEMPTS} attempts")


def from_schema(schema: Schema) -> st.SearchStrategy[Any]:
    """A Hypothesis strategy for the values that a schema allows.

    Raises:
        Unsupported: the schema cannot be read.
    """
    generator = Generator(schema)

    @st.composite
    def values(draw: st.DrawFn) -> Any:
        return generator.value(DrawnChoices(draw))

    return values()


class Building:
    """The building of one value. A sparing one leaves out what may be left out."""

    def __init__(self, choices: Choices, *, sparing: bool = False) -> None:
        self._choices = choices
        self._sparing = sparing
        self._nodes = 0

    def build(self, schema: Schema, depth: int) -> Any:
        """A value for a schema as ``read`` gives it, valid as far as can be foreseen.

        Raises:
            Impossible: none was found on the way that was chosen.
        """
        if depth > DEEPEST:
            raise Impossible
        self._nodes += 1
        self._sparing = self._sparing or self._nodes > LARGE
        schema = self._flat(schema, depth)
        if schema.get("enum") == []:
            raise Impossible
        if "const" in schema or "enum" in schema:
            return self._choices.pick(schema["enum"]) if "enum" in schema else schema["const"]
        given = [
            *_listed(schema.get("examples")),
            *([schema["default"]] if "default" in schema else ()),
        ]
        if given and self._choices.chance(5):
            return self._choices.pick(given)
        kind = self._kind(schema, depth)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        builders: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, depth),
            "array": lambda: self._array(schema, depth),
            "string": lambda: self._string(schema),
            "boolean": lambda: self._choices.chance(50),
        }
        return builders[kind]() if kind in builders else None

    def _flat(self, schema: Schema, depth: int) -> Mapping[str, Any]:
        """The schema without references and alternatives: one of each was chosen."""
        for _ in range(200):
            if schema is False:
                raise Impossible
            if schema is True:
                return {}
            nested = self._opened(schema, depth)
            if nested is None:
                return dict(schema)
            schema = nested
        raise Impossible

    def _opened(self, schema: Mapping[str, Any], depth: int) -> Schema | None:
        rest = dict(schema)
        if LINK in rest:
            return merged(rest, rest.pop(LINK)) if len(rest) > 1 else rest[LINK]
        if rest.get("allOf"):
            out: Schema = {k: v for k, v in rest.items() if k != "allOf"}
            for part in rest["allOf"]:
                out = merged(out, part)
            return out
        for key in ("anyOf", "oneOf"):
            if rest.get(key):
                options = rest.pop(key)
                return merged(rest, self._alternative(options, rest, depth))
        if "if" in rest:
            condition = rest.pop("if")
            then, otherwise = rest.pop("then", True), rest.pop("else", True)
            if self._choices.chance(50):
                return merged(merged(rest, condition), then)
            return merged(merged(rest, {"not": condition}), otherwise)
        return None

    def _alternative(self, options: Sequence[Schema], rest: Schema, depth: int) -> Schema:
        possible = [o for o in options if merged(rest, o) is not False]
        if not possible:
            raise Impossible
        if depth > DEEP or self._sparing:
            plainest = [o for o in possible if not _reaches(o)]
            possible = plainest or possible
        return self._choices.pick(possible)

    def _kind(self, schema: Mapping[str, Any], depth: int) -> str:
        kinds = schema.get("type")
        if not kinds:
            kinds = [kind for kind, keys in _OF_TYPE.items() if any(key in schema for key in keys)]
            if self._sparing or not kinds:
                kinds = list(TYPES if depth < DEEP else TYPES[:5])
        forbidden = schema.get("not")
        if isinstance(forbidden, Mapping) and set(forbidden) <= {"type"}:
            kinds = [kind for kind in TYPES if kind not in forbidden.get("type", ())]
        if not kinds:
            raise Impossible
        return str(self._choices.pick(kinds))

    # -- scalars ---------------------------------------------------------------------------------

    def _string(self, schema: Mapping[str, Any]) -> str:
        least = math.ceil(schema.get("minLength", 0))
        most = math.floor(schema.get("maxLength", least + LONG))
        if least > most:
            raise Impossible
        patterns: list[str] = schema.get("pattern", [])
        pools = [of_pattern(pattern) for pattern in patterns]
        pools += [pool] if (pool := of_format(str(schema.get("format")))) else []
        if not pools:
            return self._text(least, most, "maxLength" in schema)
        fitting = [
            t for t in pools[0] if least <= len(t) and len(t) <= schema.get("maxLength", 1e9)
        ]
        for pool in pools[1:]:
            fitting += [t for t in pool if least <= len(t) <= schema.get("maxLength", 1e9)]
        if not fitting:
            raise Impossible
        return self._choices.pick(fitting)

    def _text(self, least: int, most: int, bounded: bool) -> str:
        if self._choices.chance(15):
            return plain(self._choices.whole, least, least if self._choices.chance(50) else most)
        fitting = [t for t in PLAIN if least <= len(t) and (len(t) <= most or not bounded)]
        if fitting and self._choices.chance(80):
            return (
                TAG if TAG in fitting and self._choices.chance(40) else self._choices.pick(fitting)
            )
        return plain(self._choices.whole, least, min(most, least + LONG))

    def _number(self, schema: Mapping[str, Any], kind: str) -> Any:
        low, high = _bounds(schema, kind)
        step = schema.get("multipleOf")
        if step or kind == "integer":
            return self._multiple(low, high, step or 1, kind)
        if low > high:
            raise Impossible
        wanted = self._choices.whole(0, 5)
        if wanted == 0:
            return int(low) if float(low).is_integer() else low
        if wanted == 1:
            return int(high) if float(high).is_integer() else high
        if wanted == 2 and math.ceil(low) <= math.floor(high):
            return self._choices.whole(math.ceil(low), math.floor(high))
        return low + (high - low) * self._choices.whole(0, 1000) / 1000

    def _multiple(self, low: float, high: float, step: float, kind: str) -> Any:
        if kind == "integer" and not float(step).is_integer():
            step = next((step * n for n in range(1, 1001) if float(step * n).is_integer()), 1)
        least, most = math.ceil(low / step), math.floor(high / step)
        if least > most:
            raise Impossible
        for _ in range(20):
            edge = self._choices.whole(0, 9)
            times = least if edge == 1 else most if edge == 2 else self._choices.whole(least, most)
            value = times * step
            if float(value).is_integer():
                return int(value)
            if (value / step).is_integer():  # else it is a multiple in theory, and not as a double
                return value
        raise Impossible

    # -- structures ------------------------------------------------------------------------------

    def _count(self, least: int, most: float) -> int:
        if self._sparing:
            return least
        return self._choices.whole(least, int(min(most, least + 3)))

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        places: list[Schema] = schema.get("prefixItems", [])
        rest = schema.get("items", schema.get("unevaluatedItems", True))
        least = math.ceil(schema.get("minItems", 0))
        most = float(schema.get("maxItems", math.inf))
        wanted = schema.get("contains")
        needed = math.ceil(schema.get("minContains", 1)) if wanted is not None else 0
        if rest is False:
            most = min(most, len(places))
        least = max(least, needed if not places else 0)
        if least > most:
            raise Impossible
        spare = depth > DEEP
        count = (
            least if spare else max(self._count(least, most), min(len(places), int(min(most, 99))))
        )
        out: list[Any] = []
        for number in range(count):
            place = places[number] if number < len(places) else rest
            if wanted is not None and number >= count - needed:
                place = merged(place, wanted)
            out.append(self._distinct(place, depth, out, unique=bool(schema.get("uniqueItems"))))
        return out

    def _distinct(self, schema: Schema, depth: int, others: list[Any], *, unique: bool) -> Any:
        for _ in range(12):
            value = self.build(schema, depth + 1)
            if not unique or all(value != other for other in others):
                return value
        raise Impossible

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        known: Mapping[str, Schema] = schema.get("properties", {})
        names = self._names(schema, known, depth)
        for name in tuple(names):
            for also in schema.get("dependentRequired", {}).get(name, ()):
                names.setdefault(also)
        for name, more in schema.get("dependentSchemas", {}).items():
            if name in names:
                plain_schema = {k: v for k, v in schema.items() if k != "dependentSchemas"}
                rest = {k: v for k, v in schema["dependentSchemas"].items() if k != name}
                needed = {"required": list(names)}
                both = merged(merged(plain_schema, {"dependentSchemas": rest, **needed}), more)
                value = self.build(both, depth)
                if isinstance(value, dict):
                    return value
                raise Impossible
        return {name: self.build(self._field(schema, known, name), depth + 1) for name in names}

    def _names(
        self, schema: Mapping[str, Any], known: Mapping[str, Schema], depth: int
    ) -> dict[str, None]:
        names: dict[str, None] = dict.fromkeys(schema.get("required", ()))
        least = max(len(names), math.ceil(schema.get("minProperties", 0)))
        most = float(schema.get("maxProperties", math.inf))
        if least > most:
            raise Impossible
        optional = [n for n, s in known.items() if n not in names and s is not False]
        if depth <= DEEP and not self._sparing:
            share = self._choices.pick((50, 10, 90, 100))
            most_now = min(most, len(names) + LARGE / 10)
            for name in self._some(optional):
                if len(names) < most_now and self._choices.chance(share):
                    names[name] = None
        for name in optional:
            if len(names) < least:
                names[name] = None
        more = 0 if depth > DEEP or not self._choices.chance(15) else self._choices.whole(0, 2)
        self._invent(schema, names, max(least, int(min(most, len(names) + more))))
        if len(names) < least:
            raise Impossible
        return names

    def _invent(self, schema: Mapping[str, Any], names: dict[str, None], wanted: int) -> None:
        """Add names beyond the known properties, where there may be any."""
        for _ in range(30):
            if len(names) >= wanted:
                return
            new = self._new_name(schema)
            if new is not None:
                names[new] = None

    def _some(self, names: list[str]) -> list[str]:
        """All names, or as many of very many as a value of sensible size can have."""
        most = LARGE // 5
        if len(names) <= most:
            return names
        return [self._choices.pick(names) for _ in range(most)]

    def _new_name(self, schema: Mapping[str, Any]) -> str | None:
        """A name beyond the known properties, if there may be one."""
        patterns = [p for p, s in schema.get("patternProperties", {}).items() if s is not False]
        rest = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        if patterns and (rest is False or self._choices.chance(70)):
            pool = of_pattern(self._choices.pick(patterns))
            return self._choices.pick(pool) if pool else None
        if rest is False:
            return None
        if "propertyNames" in schema:
            name = self.build(merged({"type": ["string"]}, schema["propertyNames"]), DEEP)
            return name if isinstance(name, str) else None
        return self._choices.pick(("extra", "note", "x", "b", "c", "d", "e", "f", "g", "h", "Ω"))

    def _field(self, schema: Mapping[str, Any], known: Mapping[str, Schema], name: str) -> Schema:
        """What the value of a field must be like."""
        out: Schema = known.get(name, True)
        matched = name in known
        for pattern, more in schema.get("patternProperties", {}).items():
            try:
                if re.search(pattern, name):
                    out, matched = merged(out, more), True
            except re.error:
                continue
        if not matched:
            out = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        return out


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _reaches(schema: Schema) -> bool:
    """Whether a schema leads on, so that choosing it may go deeper."""
    if not isinstance(schema, Mapping):
        return False
    return LINK in schema or any(k in schema for k in ("properties", "items", "anyOf", "allOf"))


def _bounds(schema: Mapping[str, Any], kind: str) -> tuple[float, float]:
    """The least and the greatest number, with a span of 100 where one of them is open."""
    step: float = 1 if kind == "integer" else 1e-6
    low = schema.get("minimum", -math.inf)
    high = schema.get("maximum", math.inf)
    if "exclusiveMinimum" in schema:
        bound = schema["exclusiveMinimum"]
        low = max(low, math.floor(bound) + 1 if kind == "integer" else bound + step)
    if "exclusiveMaximum" in schema:
        bound = schema["exclusiveMaximum"]
        high = min(high, math.ceil(bound) - 1 if kind == "integer" else bound - step)
    if low == -math.inf:
        low = 0 if high >= 0 else high - 100
    if high == math.inf:
        high = max(low, 0) + 100
    return low, high
