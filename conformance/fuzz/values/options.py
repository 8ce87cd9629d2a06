"""Data with each value that a format lists: one branch may treat one of twelve apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.documents.trees import Path, put
from conformance.settings.samples import sample

MOST = 80
DEPTH = 4


def options(schema: Any) -> list[Any]:
    """A plain example of the schema with each listed value in its place, in the order listed."""
    plain = sample(schema)
    found = [put(plain, path, value) for path, value in _listed(schema, (), DEPTH)]
    return found[:MOST]


def _listed(schema: Any, path: Path, depth: int) -> Iterator[tuple[Path, Any]]:
    """Each value that ``enum`` names, and both of a boolean, with the place it belongs to."""
    if not isinstance(schema, Mapping) or depth == 0:
        return
    if isinstance(schema.get("enum"), list):
        yield from ((path, value) for value in schema["enum"])
    elif schema.get("type") == "boolean":
        yield from ((path, value) for value in (True, False))
    properties = schema.get("properties")
    for name, below in properties.items() if isinstance(properties, Mapping) else ():
        yield from _listed(below, (*path, str(name)), depth - 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        for below in schema[choice] if isinstance(schema.get(choice), list) else ():
            yield from _listed(below, path, depth - 1)
