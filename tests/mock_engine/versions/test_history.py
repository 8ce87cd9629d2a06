"""Renamed things, and the versions in the schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_engine.testing import LocalEngine
from mock_engine.versions import (
    FEATURES,
    FIELDS,
    FUNCTIONS,
    MESSAGES,
    NEWEST,
    OLDEST,
    TRIGGER_TYPES,
    VersionRange,
    numbers,
)
from tests.mock_engine.modules.local import (
    bind,
    until,
)

SCHEMAS = Path(__file__).parents[3] / "schemas"


@pytest.mark.parametrize(
    ("trigger_type", "function_id"),
    [("queue", "enqueue"), ("queue", "iii::queue::publish"), ("subscribe", "iii::pubsub::publish")],
)
def test_older_names_stand_for_the_newer_ones(
    engine: LocalEngine, trigger_type: str, function_id: str
) -> None:
    seen: list[Any] = []
    engine.serve("a::b", seen.append)
    bind(engine, trigger_type, "a::b", {"topic": "t"})
    engine.invoke(function_id, {"topic": "t", "data": {"n": 1}})

    until(lambda: seen)
    assert seen == [{"n": 1}]


def test_older_names_are_in_no_list(engine: LocalEngine) -> None:
    listed = engine.functions()

    assert not {renamed.older for renamed in FUNCTIONS} & set(listed)


def spans(kind: str) -> dict[str, Any]:
    """The version ranges in the schemas of one kind, by name."""
    return {path.stem: json.loads(path.read_text()) for path in (SCHEMAS / kind).glob("*.json")}


@pytest.mark.parametrize("kind", ["engine", "worker"])
def test_the_schemas_say_of_messages_what_the_history_says(kind: str) -> None:
    for name, schema in spans(kind).items():
        known = MESSAGES.get(f"{kind}/{name}", VersionRange())

        assert schema["x-since"] == (known.since or OLDEST), name
        assert schema.get("x-until") == known.until, name


@pytest.mark.parametrize("kind", ["engine", "worker", "functions"])
def test_the_schemas_say_of_fields_what_the_history_says(kind: str) -> None:
    for name, schema in spans(kind).items():
        known = FIELDS.get(f"{kind}/{name.replace('__', '::')}", {})
        dated = {
            field: rules["x-since"]
            for field, rules in schema.get("properties", {}).items()
            if isinstance(rules, dict) and rules.get("x-since", OLDEST) != OLDEST
        }

        ended = {
            field: rules["x-until"]
            for field, rules in schema.get("properties", {}).items()
            if isinstance(rules, dict) and "x-until" in rules
        }

        assert dated == {field: each.since for field, each in known.items()}, name
        assert ended == {field: each.until for field, each in known.items() if each.until}, name


def test_every_version_of_the_history_is_within_the_known_ones() -> None:
    ranges = [*MESSAGES.values(), *FEATURES.values()]
    ranges += [each for fields in FIELDS.values() for each in fields.values()]
    named = {text for each in ranges for text in (each.since, each.until) if text is not None}
    named |= {each.until for each in (*FUNCTIONS, *TRIGGER_TYPES)}

    assert all(numbers(OLDEST) <= numbers(text) for text in named)
    assert all(numbers(text)[:2] <= numbers(NEWEST) for text in named)
