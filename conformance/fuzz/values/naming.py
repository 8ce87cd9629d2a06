"""Which fields an object gets, and what the value of each must be like."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from conformance.documents.validity import Schema
from conformance.fuzz.values.dialect import merged
from conformance.fuzz.values.entropy import Entropy
from conformance.fuzz.values.scalars import Impossible
from conformance.fuzz.values.strings import of_pattern

MOST_OPTIONAL = 12
"""Fields beyond the required ones, at most."""

MOST_DRAWN = 24
"""Known fields for which it is decided one by one whether they are included."""

ANY_NAME = ("extra", "note", "x", "b", "c", "d", "e", "f", "g", "h", "Ω")


class Naming:
    """Names the fields of objects; ``build`` makes a name for a schema."""

    def __init__(self, entropy: Entropy, build: Callable[[Schema], Any]) -> None:
        self._entropy = entropy
        self._build = build

    def names(self, schema: Mapping[str, Any], *, deep: bool, sparing: bool) -> dict[str, None]:
        """The fields of one object; a ``deep`` or a ``sparing`` one has few optional ones.

        Raises:
            Impossible: it cannot have as many as it must.
        """
        names: dict[str, None] = dict.fromkeys(schema.get("required", ()))
        least = max(len(names), math.ceil(schema.get("minProperties", 0)))
        most = float(schema.get("maxProperties", math.inf))
        if least > most:
            raise Impossible
        known: Mapping[str, Schema] = schema.get("properties", {})
        optional = [n for n, s in known.items() if n not in names and s is not False]
        if not deep and not sparing:
            self._add_some(optional, names, most)
        for name in optional:
            if len(names) < least:
                names[name] = None
        more = 0 if deep or not self._entropy.chance(15) else self._entropy.whole(0, 2)
        self._invent(schema, names, max(least, int(min(most, len(names) + more))))
        if len(names) < least:
            raise Impossible
        for name in tuple(names):
            for also in schema.get("dependentRequired", {}).get(name, ()):
                names.setdefault(also)
        return names

    def _add_some(self, optional: list[str], names: dict[str, None], most: float) -> None:
        """Add some of the known properties; if there are very many, only a bounded number."""
        share = self._entropy.pick((50, 10, 90, 100))
        most = min(most, len(names) + MOST_OPTIONAL)
        if len(optional) > MOST_DRAWN:
            optional = [self._entropy.pick(optional) for _ in range(MOST_DRAWN)]
        for name in optional:
            if len(names) < most and self._entropy.chance(share):
                names[name] = None

    def _invent(self, schema: Mapping[str, Any], names: dict[str, None], wanted: int) -> None:
        """Add names beyond the known properties, if the schema allows any."""
        for _ in range(30):
            if len(names) >= wanted:
                return
            new = self._new_name(schema)
            if new is not None:
                names[new] = None

    def _new_name(self, schema: Mapping[str, Any]) -> str | None:
        """A name beyond the known properties, if the schema allows one."""
        patterns = [p for p, s in schema.get("patternProperties", {}).items() if s is not False]
        rest = _others(schema)
        if patterns and (rest is False or self._entropy.chance(70)):
            pool = of_pattern(self._entropy.pick(patterns))
            return self._entropy.pick(pool) if pool else None
        if rest is False:
            return None
        if "propertyNames" in schema:
            name = self._build(merged({"type": ["string"]}, schema["propertyNames"]))
            return name if isinstance(name, str) else None
        return self._entropy.pick(ANY_NAME)


def field(schema: Mapping[str, Any], name: str) -> Schema:
    """What the value of a field must be like."""
    known: Mapping[str, Schema] = schema.get("properties", {})
    out: Schema = known.get(name, True)
    matched = name in known
    for pattern, more in schema.get("patternProperties", {}).items():
        try:
            if re.search(pattern, name):
                out, matched = merged(out, more), True
        except re.error:
            continue
    return out if matched else _others(schema)


def _others(schema: Mapping[str, Any]) -> Schema:
    """What fields that the schema does not name must be like."""
    return schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
