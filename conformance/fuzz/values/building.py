"""Builds a value from the root of its schema down."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conformance.documents.validity import Schema
from conformance.fuzz.values.dialect import LINK, TYPES, merged
from conformance.fuzz.values.entropy import Entropy
from conformance.fuzz.values.naming import Naming, field
from conformance.fuzz.values.scalars import Impossible, number, string

DEEP = 6
"""Levels after which only what is required is built."""

DEEPEST = 40
LARGE = 120
"""Nodes after which a value gets only what is required."""

_OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
}
"""Keywords that show which type is meant if none is named."""


class Building:
    """Builds one value. A sparing one leaves out everything optional."""

    def __init__(self, entropy: Entropy, *, sparing: bool = False) -> None:
        self._entropy = entropy
        self._sparing = sparing
        self._nodes = 0
        self._naming = Naming(entropy, lambda schema: self.build(schema, DEEP))

    def build(self, schema: Schema, depth: int) -> Any:
        """A value for a schema as returned by ``read``, valid as far as can be foreseen.

        Raises:
            Impossible: none was found by the choices made.
        """
        if depth > DEEPEST:
            raise Impossible
        self._nodes += 1
        self._sparing = self._sparing or self._nodes > LARGE
        schema = self._flat(schema, depth)
        if schema.get("enum") == []:
            raise Impossible
        if "const" in schema or "enum" in schema:
            return self._entropy.pick(schema["enum"]) if "enum" in schema else schema["const"]
        listed = [*_listed(schema.get("examples"))]
        if "default" in schema:
            listed.append(schema["default"])
        if listed and self._entropy.chance(5):
            return self._entropy.pick(listed)
        kind = self._kind(schema, depth)
        if kind in ("integer", "number"):
            return number(self._entropy, schema, kind)
        builders: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, depth),
            "array": lambda: self._array(schema, depth),
            "string": lambda: string(self._entropy, schema),
            "boolean": lambda: self._entropy.chance(50),
        }
        return builders[kind]() if kind in builders else None

    def _flat(self, schema: Schema, depth: int) -> Mapping[str, Any]:
        """The schema without references and alternatives: one of each is chosen."""
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
            if self._entropy.chance(50):
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
        return self._entropy.pick(possible)

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
        return str(self._entropy.pick(kinds))

    # -- structures ------------------------------------------------------------------------------

    def _count(self, least: int, most: float) -> int:
        if self._sparing:
            return least
        return self._entropy.whole(least, int(min(most, least + 3)))

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
        for position in range(count):
            place = places[position] if position < len(places) else rest
            if wanted is not None and position >= count - needed:
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
        names = self._naming.names(schema, deep=depth > DEEP, sparing=self._sparing)
        for name, more in schema.get("dependentSchemas", {}).items():
            if name in names:
                return self._dependent(schema, name, more, names, depth)
        return {name: self.build(field(schema, name), depth + 1) for name in names}

    def _dependent(
        self, schema: Mapping[str, Any], name: str, more: Schema, names: Iterable[str], depth: int
    ) -> dict[str, Any]:
        """An object of these names that also has what the presence of one of them requires."""
        rest = {k: v for k, v in schema["dependentSchemas"].items() if k != name}
        plain = {k: v for k, v in schema.items() if k != "dependentSchemas"}
        needed = {"dependentSchemas": rest, "required": list(names)}
        value = self.build(merged(merged(plain, needed), more), depth)
        if isinstance(value, dict):
            return value
        raise Impossible


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _reaches(schema: Schema) -> bool:
    """Whether a schema has parts, so that choosing it may go deeper."""
    if not isinstance(schema, Mapping):
        return False
    return LINK in schema or any(k in schema for k in ("properties", "items", "anyOf", "allOf"))
