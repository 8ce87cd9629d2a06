"""The schemas themselves, and how validation tells what is wrong."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas import Direction, load, messages, validate, validate_schema_document

FOLDERS = ("worker", "engine", "triggers", "functions")
NAMES = ["common"] + [
    f"{folder}/{entry.name.removesuffix('.json')}"
    for folder in FOLDERS
    for entry in (resources.files("schemas") / folder).iterdir()
]
UUID = "5b0d5b2e-0000-4000-8000-000000000001"
VALUES: dict[str, Any] = {
    "id": "demo::echo",
    "invocation_id": UUID,
    "previous_worker_id": UUID,
    "worker_id": UUID,
    "config": {},
    "data": None,
    "error": {"code": "c", "message": "m"},
    "functions": [],
    "window_ms": 10,
}
MESSAGES = [(direction, name) for direction in Direction for name in messages(direction)]


def example(direction: Direction, name: str) -> dict[str, Any]:
    """A message with its required fields and nothing else."""
    required = messages(direction)[name]["required"]
    return {"type": name} | {key: VALUES.get(key, "text") for key in required if key != "type"}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_schema_is_valid_and_names_itself(name: str) -> None:
    schema = dict(load(name))

    Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("urn:iii:")
    assert schema["title"]


@pytest.mark.parametrize(("direction", "name"), MESSAGES)
def test_a_message_of_its_required_fields_is_valid(direction: Direction, name: str) -> None:
    assert validate(direction, example(direction, name)) == ()


@pytest.mark.parametrize(("direction", "name"), MESSAGES)
def test_a_message_needs_each_required_field(direction: Direction, name: str) -> None:
    for field in set(example(direction, name)) - {"type"}:
        lacking = example(direction, name)
        del lacking[field]

        (violation,) = validate(direction, lacking)
        assert field in violation.message
        assert violation.rule.startswith(f"urn:iii:protocol:{direction.value}:{name}")


@pytest.mark.parametrize(("direction", "name"), MESSAGES)
def test_fields_of_another_type_are_violations(direction: Direction, name: str) -> None:
    properties = messages(direction)[name]["properties"]
    for field, schema in properties.items():
        if field == "type" or _takes_anything(schema):
            continue
        wrong = example(direction, name) | {field: [[]]}

        assert any(v.path.startswith(f"/{field}") for v in validate(direction, wrong)), field


def _takes_anything(schema: Any) -> bool:
    return Draft202012Validator({"$defs": load("common")["$defs"], **_inlined(schema)}).is_valid(
        [[]]
    )


def _inlined(schema: Any) -> Any:
    text = json.dumps(dict(schema)).replace("urn:iii:protocol:common#", "#")
    return json.loads(text)


@pytest.mark.parametrize(("direction", "name"), MESSAGES)
def test_unknown_fields_are_welcome(direction: Direction, name: str) -> None:
    assert validate(direction, example(direction, name) | {"message_type": name}) == ()


@pytest.mark.parametrize("value", [None, 5, "text", [], True, 1.5])
def test_a_message_is_an_object(value: Any) -> None:
    (violation,) = validate(Direction.WORKER_TO_ENGINE, value)

    assert violation.message.startswith("expected an object")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_validation_never_raises(value: Any) -> None:
    before = copy.deepcopy(value)

    violations = validate(Direction.WORKER_TO_ENGINE, value)

    assert violations
    assert repr(value) == repr(before)


@pytest.mark.parametrize(
    "spelling", [UUID, UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f"urn:uuid:{UUID}"]
)
def test_the_engine_reads_uuids_in_many_spellings(spelling: str) -> None:
    message = {"type": "invokefunction", "function_id": "f", "data": 1, "invocation_id": spelling}

    assert validate(Direction.WORKER_TO_ENGINE, message) == ()


@pytest.mark.parametrize(
    "document",
    [
        True,
        {},
        {"type": "object"},
        {"$ref": "#/$defs/a"},
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"a": {"type": "string"}},
        },
    ],
)
def test_json_schemas_are_recognised(document: Any) -> None:
    assert validate_schema_document(document) is None


@pytest.mark.parametrize(
    "document",
    [
        [],
        "string",
        5,
        None,
        {"type": "text"},
        {"properties": []},
        {"required": "name"},
        {"minLength": -1},
    ],
)
def test_what_is_no_json_schema_is_told(document: Any) -> None:
    violation = validate_schema_document(document)

    assert violation is not None
    assert violation.message
