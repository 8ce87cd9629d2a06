"""Sample data for a function, generated from the schema that it declares."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.settings.samples import sample


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (None, {}),
        ([{"name": "x", "type": "string"}], {}),
        ({"type": "string", "minLength": 3}, "xxx"),
        ({"type": "integer", "minimum": 7}, 7),
        ({"type": ["null", "string"]}, None),
        ({"enum": ["red", "blue"]}, "red"),
        ({"type": "object", "examples": [{"a": 1}]}, {"a": 1}),
        (
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"type": "array"}},
                "$defs": {"n": {"type": "integer", "maximum": 0}},
            },
            {"a": 0, "b": []},
        ),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"$ref": "#"}, {}),
        ({"type": "string", "pattern": "^[0-9]{8}$"}, {}),
        ({"type": "objekt"}, {}),
        ({"type": "string", "pattern": "("}, {}),
        ({"type": "string", "minLength": "many"}, {}),
        ({"$ref": "https://nowhere.example/schema.json"}, {}),
        ({"$schema": 7, "type": "integer"}, {}),
    ],
)
def test_a_sample_is_valid_or_an_empty_object(schema: Any, value: Any) -> None:
    assert sample(schema) == value
