"""Data with each value that a format lists: a branch may treat one of twelve differently.

A pattern lists values, too: those that take each of its alternatives. And a program may mistake a
free text for an expression or a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.documents.trees import Path, put
from conformance.fuzz.values.branches import branches
from conformance.settings.samples import sample

MOST = 120
DEPTH = 5

TRAPS = ("", " \t\n", "([", "*", "100%", "%s {0}", "{name", "${x}", "\\")
"""Texts that are expressions, formats or templates to programs, and malformed as such."""


def options(schema: Any) -> list[Any]:
    """A plain example of the schema with each listed value in its place, in the order listed."""
    plain = sample(schema)
    found = [put(plain, path, value) for path, value in _listed(schema, schema, (), DEPTH)]
    return found[:MOST]


def _listed(schema: Any, root: Any, path: Path, depth: int) -> Iterator[tuple[Path, Any]]:
    """Each value that ``enum`` or a pattern lists, and both of a boolean, with its place."""
    schema = _followed(schema, root)
    if not isinstance(schema, Mapping) or depth == 0:
        return
    yield from ((path, value) for value in _own(schema))
    properties = schema.get("properties")
    for name, below in properties.items() if isinstance(properties, Mapping) else ():
        yield from _listed(below, root, (*path, str(name)), depth - 1)
    if isinstance(schema.get("items"), Mapping):
        yield from _listed(schema["items"], root, (*path, 0), depth - 1)
    for number, below in enumerate(_list(schema, "prefixItems")):
        yield from _listed(below, root, (*path, number), depth - 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        for below in _list(schema, choice):
            yield from _listed(below, root, path, depth - 1)


def _own(schema: Mapping[str, Any]) -> Iterable[Any]:
    """The values that a schema lists for its own place."""
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    if isinstance(schema.get("pattern"), str):
        return branches(schema["pattern"])
    if schema.get("type") == "boolean":
        return (True, False)
    return TRAPS if schema.get("type") == "string" and "format" not in schema else ()


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []


def _followed(schema: Any, root: Any) -> Any:
    """The target of a reference within the same schema."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found = root
    for key in reference[2:].split("/"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
