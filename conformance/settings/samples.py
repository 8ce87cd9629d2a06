"""A plain example for a JSON Schema: the data for a function if nothing better is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.documents.validity import Validity

DEPTH = 8
"""How deep a recursive schema is followed before its optional parts are left out."""


def sample(schema: Any) -> Any:
    """An example that ``schema`` allows, or ``{}`` if none was found.

    The same schema always gives the same example: examples, defaults and constants first, otherwise
    the least value of the type.
    """
    if not isinstance(schema, Mapping):
        return {}
    try:
        value = _build(schema, schema, DEPTH)
        return value if Validity(schema, formats=False).holds(value) else {}
    except Exception:  # noqa: BLE001 - a worker may send anything as a schema
        return {}


def _build(schema: Any, root: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth == 0:
        return {}
    for keyword in ("examples", "enum"):
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            return schema[keyword][0]
    for keyword in ("const", "default", "example"):
        if keyword in schema:
            return schema[keyword]
    if "$ref" in schema:
        return _build(_resolve(str(schema["$ref"]), root), root, depth - 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(choice), list) and schema[choice]:
            merged = {k: v for k, v in schema.items() if k != choice}
            return _build(merged | dict(schema[choice][0]), root, depth - 1)
    return _by_type(schema, root, depth)


def _by_type(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0] if kind else "object"
    builders: dict[str, Callable[[], Any]] = {
        "string": lambda: "x" * max(1, int(schema.get("minLength", 1))),
        "integer": lambda: int(_least(schema)),
        "number": lambda: _least(schema),
        "boolean": lambda: True,
        "null": lambda: None,
        "array": lambda: [
            _build(schema.get("items", {}), root, depth - 1)
            for _ in range(int(schema.get("minItems", 0)))
        ],
    }
    builder = builders.get(kind)
    return builder() if builder is not None else _object(schema, root, depth)


def _least(schema: Mapping[str, Any]) -> float:
    if "exclusiveMinimum" in schema and not isinstance(schema["exclusiveMinimum"], bool):
        return float(schema["exclusiveMinimum"]) + 1
    return float(schema.get("minimum", schema.get("maximum", 1)))


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {
        name: _build(properties.get(name, {}), root, depth - 1)
        for name in schema.get("required", ())
    }


def _resolve(reference: str, root: Mapping[str, Any]) -> Any:
    node: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part and isinstance(node, Mapping):
            node = node.get(part.replace("~1", "/").replace("~0", "~"), {})
    return node
