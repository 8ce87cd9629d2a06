"""JSON Schema of any draft from 4 to 2020-12, read into one form.

Rules of this file:

* ``referencing`` resolves references. Afterwards a reference is the Python object it leads to, so
  recursion is an ordinary cycle and no base URI has to be carried along.
* Older spellings become the newest: ``definitions`` by reference, array-form ``items`` as
  ``prefixItems``, ``dependencies`` split in two, boolean ``exclusiveMinimum`` as a number.
* Adjacent keywords and those of ``allOf`` are merged: the result says what a value must be like, in
  one place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema_specifications import REGISTRY as SPECIFICATIONS
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import UnknownDialect, specification_with

from conformance.documents.validity import Schema, Unsupported

LINK = "→"
"""The key under which a reference has the schema that it leads to."""

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
NEWEST = "https://json-schema.org/draft/2020-12/schema"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_PLAIN = ("enum", "const", "default", "examples", "example")
_NAMED = (
    "properties",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
    "definitions",
    "$defs",
)
_SIBLINGS_IGNORED = ("draft-03", "draft-04", "draft-06", "draft-07")


def read(schema: Schema) -> Schema:
    """The schema with its references resolved, in the spelling of the newest draft.

    Raises:
        Unsupported: a reference leads nowhere, or the dialect is unknown.
    """
    if not isinstance(schema, Mapping):
        return schema if isinstance(schema, bool) else {}
    dialect = str(schema.get("$schema", NEWEST))
    try:
        specification = specification_with(dialect.rstrip("#"))
    except UnknownDialect:
        specification = specification_with(NEWEST)
    resource: Resource[Any] = specification.create_resource(dict(schema))
    base = resource.id() or ""
    registry: Registry[Any] = SPECIFICATIONS.with_resource(base, resource).crawl()
    ignored = any(old in dialect for old in _SIBLINGS_IGNORED)
    return _DialectReader(registry, specification, ignored).read(resource.contents, base)


class _DialectReader:
    def __init__(self, registry: Registry[Any], specification: Any, ignores: bool) -> None:
        self._registry = registry
        self._specification = specification
        self._ignores = ignores
        self._done: dict[int, Schema] = {}
        self._alive: list[Any] = []

    def read(self, schema: Schema, base: str) -> Schema:
        if not isinstance(schema, Mapping):
            return schema
        if id(schema) in self._done:
            return self._done[id(schema)]
        self._alive.append(schema)
        out: dict[str, Any] = {}
        self._done[id(schema)] = out
        base = self._base(schema, base)
        reference = next((schema[k] for k in _REFERENCES if isinstance(schema.get(k), str)), None)
        for key, value in schema.items():
            if key in _PLAIN:
                out[key] = value
            elif key in _NAMED and isinstance(value, Mapping):
                out[key] = {name: self._children(each, base) for name, each in value.items()}
            elif key not in _REFERENCES or not isinstance(value, str):
                out[key] = self._children(value, base)
        if reference is not None:
            if self._ignores:
                out.clear()
            out[LINK] = self._target(reference, base)
        _renew(out)
        return out

    def _children(self, value: Any, base: str) -> Any:
        if isinstance(value, Mapping):
            return self.read(value, base)
        if isinstance(value, list):
            return [self._children(item, base) for item in value]
        return value

    def _base(self, schema: Mapping[str, Any], base: str) -> str:
        identity = schema.get("$id") or schema.get("id")
        if not isinstance(identity, str) or identity.startswith("#"):
            return base
        try:
            resource = self._specification.create_resource(schema)
            return str(self._registry.resolver(base).in_subresource(resource)._base_uri)  # noqa: SLF001 - has no public name
        except (ValueError, TypeError):
            return base

    def _target(self, reference: str, base: str) -> Schema:
        try:
            found = self._registry.resolver(base).lookup(reference)
        except (Unresolvable, ValueError, TypeError, AttributeError, LookupError) as fault:
            raise Unsupported(f"the reference {reference!r} leads nowhere: {fault}") from None
        return self.read(found.contents, str(found.resolver._base_uri))  # noqa: SLF001 - has no public name


def _renew(schema: dict[str, Any]) -> None:
    """Spell a schema as the newest draft does."""
    if isinstance(schema.get("items"), list):
        schema["prefixItems"] = schema.pop("items")
        if "additionalItems" in schema:
            schema["items"] = schema.pop("additionalItems")
    for key, value in dict(schema.pop("dependencies", None) or {}).items():
        kind = "dependentRequired" if isinstance(value, list) else "dependentSchemas"
        schema.setdefault(kind, {})[key] = value
    for bound in ("Minimum", "Maximum"):
        exclusive, plain = f"exclusive{bound}", bound.lower()
        if schema.get(exclusive) is True and plain in schema:
            schema[exclusive] = schema.pop(plain)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"]]
    if schema.pop("nullable", None) is True and "type" in schema:
        schema["type"] = [*schema["type"], "null"]
    if isinstance(schema.get("pattern"), str):
        schema["pattern"] = [schema["pattern"]]


def merged(first: Schema, second: Schema) -> Schema:
    """One schema that allows what both allow; ``False`` if that is nothing, as far as can be seen.

    Alternatives of both are kept side by side, under ``allOf``.
    """
    if first is False or second is False:
        return False
    if first is True or not first:
        return second
    if second is True or not second:
        return first
    first, second = _closed(first, second), _closed(second, first)
    out = dict(first)
    for key, value in second.items():
        out[key] = _MERGE.get(key, _second)(out[key], value) if key in out else value
    for key in ("anyOf", "oneOf", "not", "if", "contains", LINK):
        if key in first and key in second and first[key] is not second[key]:
            out[key] = first[key]
            extra = {k: second[k] for k in _GROUPS.get(key, (key,)) if k in second}
            for k in _GROUPS.get(key, (key,))[1:]:
                out.pop(k, None)
                if k in first:
                    out[k] = first[k]
            out["allOf"] = [*out.get("allOf", ()), extra]
    if out.get("type") == [] or out.get("enum") == []:
        return False
    return out


def _closed(schema: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, with its rule for further properties applied to those that ``other`` names."""
    rest = schema.get("additionalProperties", True)
    known = schema.get("properties", {})
    new = [name for name in other.get("properties", {}) if name not in known]
    if rest is True or not new or schema.get("patternProperties"):
        return schema
    return {**schema, "properties": {**known, **dict.fromkeys(new, rest)}}


_GROUPS = {"if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains")}


def _second(_: Any, value: Any) -> Any:
    return value


def _types(first: Any, second: Any) -> list[str]:
    both = [kind for kind in first if kind in second]
    if "integer" not in both and (
        ("integer" in first and "number" in second) or ("number" in first and "integer" in second)
    ):
        both.append("integer")
    return both


def _fields(first: Any, second: Any) -> dict[str, Any]:
    shared = {k: merged(first[k], second[k]) for k in first if k in second}
    return {**first, **second, **shared}


def _positions(first: Any, second: Any) -> list[Any]:
    longest = max(len(first), len(second))
    parts = [(_at(first, n), _at(second, n)) for n in range(longest)]
    return [merged(a, b) for a, b in parts]


def _at(schemas: Any, number: int) -> Schema:
    return schemas[number] if number < len(schemas) else True


def _same(values: Any, others: Any) -> list[Any]:
    return [value for value in values if value in others]


def _multiple(first: Any, second: Any) -> Any:
    if isinstance(first, int) and isinstance(second, int):
        return math.lcm(first, second)
    return max(first, second)


def _union(first: Any, second: Any) -> list[Any]:
    return [*first, *(value for value in second if value not in first)]


_MERGE: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": _same,
    "properties": _fields,
    "patternProperties": _fields,
    "dependentSchemas": _fields,
    "dependentRequired": lambda a, b: {k: _union(a.get(k, []), b.get(k, [])) for k in {**a, **b}},
    "required": _union,
    "allOf": lambda a, b: [*a, *b],
    "prefixItems": _positions,
    "items": merged,
    "additionalProperties": merged,
    "unevaluatedProperties": merged,
    "unevaluatedItems": merged,
    "propertyNames": merged,
    "pattern": _union,
    "multipleOf": _multiple,
    "uniqueItems": lambda a, b: a or b,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
"""How two values of a keyword are merged; for any other keyword the second is taken."""
