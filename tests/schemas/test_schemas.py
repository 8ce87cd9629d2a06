"""The schemas themselves, and the violations that validation reports."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mock_engine.config import Config, ModuleConfig
from mock_engine.core.builtins import BUILTINS
from mock_engine.engine import Engine
from mock_engine.modules.catalogue import LOCATIONS
from schemas import (
    Direction,
    functions,
    load,
    messages,
    trigger_configs,
    validate,
    validate_call,
    validate_config,
    validate_schema_document,
)

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
    "revision": 1,
    "source": {"function_id": "demo::echo"},
    "target": {"function_id": "demo::seen"},
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
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#"}}},
        {"items": {"$ref": "urn:elsewhere#/$defs/a"}, "default": {"$ref": "#/nowhere"}},
        {"prefixItems": [{"$ref": "#/prefixItems/1"}, {"type": "string"}]},
        {"$defs": {"a": {"$id": "urn:inner", "$ref": "#/$defs/b"}}},
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
        {"items": {"$ref": "#/$defs/a"}},
        {"$ref": "#/prefixItems/2", "prefixItems": [{}]},
    ],
)
def test_what_is_no_json_schema_is_told(document: Any) -> None:
    violation = validate_schema_document(document)

    assert violation is not None
    assert violation.message


# -- functions and trigger types of the engine ----------------------------------------------------


def test_every_function_and_trigger_type_with_a_schema_is_one_of_the_engines() -> None:
    engine = Engine(Config(modules=tuple(ModuleConfig(name, {}, 0) for name in LOCATIONS)))
    offered = {name for module in engine.modules.values() for name in module.functions()}
    types = {name for module in engine.modules.values() for name in module.trigger_types}

    assert set(functions()) <= offered | set(BUILTINS) | set(engine.channels.functions())
    assert set(trigger_configs()) - types == {"queue"}  # its name before 0.11


@pytest.mark.parametrize(
    ("function_id", "data", "complaint"),
    [
        ("state::update", {"scope": "a", "key": "b", "ops": []}, None),
        ("state::update", {"scope": "a", "key": "b", "operations": []}, "'ops' is a required"),
        ("state::set", {"scope": "a", "key": "b", "data": None}, None),
        ("state::set", {"scope": "a", "key": "b"}, "not valid under any"),
        ("stream::update", {"stream_name": "s", "group_id": "g", "item_id": "i", "ops": [5]}, "/0"),
        ("publish", {"topic": "", "data": 1}, "/topic"),
        ("engine::log::info", {"message": "hello", "data": {"a": 1}}, None),
    ],
)
def test_a_call_is_held_against_its_function(
    function_id: str, data: Any, complaint: str | None
) -> None:
    violations = validate_call(function_id, data)

    assert violations is not None
    told = [f"{v.path}: {v.message}" for v in violations]
    assert told == [] if complaint is None else complaint in told[0]


@pytest.mark.parametrize(
    ("trigger_type", "config", "valid"),
    [
        ("http", {"api_path": "/a", "http_method": "post"}, True),
        ("http", {"path": "/a", "method": "post"}, False),
        ("cron", {"expression": "0 0 8 * * *"}, True),
        ("cron", {"expression": "@daily"}, True),
        ("cron", {"expression": "0 8 * * *"}, False),
        ("durable:subscriber", {"topic": "t"}, True),
        ("subscribe", {}, False),
    ],
)
def test_a_config_is_held_against_its_trigger_type(
    trigger_type: str, config: Any, valid: bool
) -> None:
    assert (validate_config(trigger_type, config) == ()) is valid


def test_what_is_not_the_engines_is_not_judged() -> None:
    assert validate_call("shop::order", {}) is None
    assert validate_config("shop-tick", {}) is None
