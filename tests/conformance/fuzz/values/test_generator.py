"""Valid values, over public collections of schemas and over what SDKs emit."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator, validator_for
from pydantic import BaseModel, Field

from conformance.documents.validity import Unsupported
from conformance.fuzz.values.entropy import RandomEntropy
from conformance.fuzz.values.generator import Generator, from_schema

COLLECTION = Path(__file__).parent / "collection"
UNSUPPORTED = {
    "draft2019-09/not: collect annotations inside a 'not', even if collection is disabled",
    "draft2020-12/not: collect annotations inside a 'not', even if collection is disabled",
    "draft2020-12/unevaluatedItems: unevaluatedItems depends on multiple nested contains",
    "github-issue-forms",
}
"""Schemas for which no valid value is found; a test fails when one of them gets a value."""


class Address(BaseModel):
    zip: str = Field(pattern=r"^[0-9]{5}$")
    lines: list[str] = Field(min_length=1, max_length=3)


class Node(BaseModel):
    value: int = Field(ge=0, lt=10)
    kind: Literal["leaf", "branch"]
    address: Address | None = None
    children: list[Node] = []


SCHEMARS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Order",
    "type": "object",
    "properties": {
        "id": {"type": "integer", "format": "uint64", "minimum": 0},
        "state": {"oneOf": [{"type": "string", "enum": ["open"]}, {"$ref": "#/$defs/Closed"}]},
        "parent": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "number", "format": "double"}],
            "minItems": 2,
            "maxItems": 2,
        },
    },
    "required": ["id", "state"],
    "$defs": {
        "Closed": {
            "type": "object",
            "properties": {"closed": {"type": "string", "format": "date-time"}},
            "required": ["closed"],
            "additionalProperties": False,
        }
    },
}
ZOD = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "format": "email"},
        "age": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    },
    "required": ["email", "tags"],
    "additionalProperties": False,
    "dependentRequired": {"age": ["email"]},
    "$schema": "http://json-schema.org/draft-07/schema#",
}


def collected(name: str) -> list[Any]:
    schemas = json.loads((COLLECTION / name).read_text("utf-8"))
    return [pytest.param(one["name"], one["schema"], id=one["name"]) for one in schemas]


@pytest.mark.parametrize("name", ["json-schema-test-suite.json", "schemastore.json"])
def test_every_value_of_a_public_collection_is_valid(name: str, record_property: Any) -> None:
    supported, unsupported, values = 0, set(), 0
    for param in collected(name):
        title, schema = param.values
        try:
            generator = Generator(schema)
            entropy = RandomEntropy(random.Random(1))
            drawn = [generator.value(entropy) for _ in range(3)]
        except Unsupported:
            unsupported.add(title)
            continue
        supported += 1
        kind = validator_for(schema, default=Draft202012Validator)
        validator = kind(schema)
        for value in drawn:
            values += 1
            assert validator.is_valid(value), (title, value)

    share = supported / (supported + len(unsupported))
    record_property("supported", f"{share:.1%}")
    print(f"{name}: {supported} schemas supported ({share:.1%}), {values} values, 0 invalid")
    assert unsupported <= UNSUPPORTED
    assert share > 0.9


@pytest.mark.parametrize(
    "schema",
    [Node.model_json_schema(), SCHEMARS, ZOD],
    ids=["pydantic", "schemars", "zod"],
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_strategies_give_valid_values_for_what_sdks_emit(schema: Any, data: st.DataObject) -> None:
    value = data.draw(from_schema(schema))

    jsonschema.validate(value, schema)


def test_the_same_seed_gives_the_same_values() -> None:
    generator = Generator(SCHEMARS)

    first, second = (
        [generator.value(RandomEntropy(random.Random(7))) for _ in range(5)] for _ in range(2)
    )

    assert first == second


def test_recursion_comes_to_an_end() -> None:
    tree = {
        "$defs": {"t": {"type": "object", "required": ["k"], "properties": {"k": {"anyOf": [
            {"$ref": "#/$defs/t"}, {"type": "array", "items": {"$ref": "#/$defs/t"}}]}}}},
        "$ref": "#/$defs/t",
    }  # fmt: skip
    generator = Generator(tree)

    for seed in range(20):
        jsonschema.validate(generator.value(RandomEntropy(random.Random(seed))), tree)


@pytest.mark.parametrize("schema", [{"$ref": "#/nowhere"}, {"type": 5}, {"enum": []}])
def test_a_schema_that_cannot_be_used_is_told(schema: Any) -> None:
    with pytest.raises(Unsupported):
        Generator(schema).value(RandomEntropy(random.Random(1)))
