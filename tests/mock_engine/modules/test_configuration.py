"""The configuration module."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.testing import FunctionFailed, LocalEngine
from tests.mock_engine.modules.local import (
    bind,
    code_of,
    settle,
    until,
)

ENTRY = {
    "id": "shop",
    "name": "Shop",
    "description": "d",
    "schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
    "initial_value": {"n": 1},
}


def test_an_entry_is_registered_read_and_changed(engine: LocalEngine) -> None:
    events: list[Any] = []
    engine.serve("a::b", events.append)
    bind(engine, "configuration", "a::b", {"configuration_id": "shop"})
    engine.invoke("configuration::register", ENTRY)
    changed = engine.invoke("configuration::set", {"id": "shop", "value": {"n": 2}})

    until(lambda: len(events) == 2)
    assert changed == {"old_value": {"n": 1}, "new_value": {"n": 2}}
    assert engine.invoke("configuration::get", {"id": "shop"}) == {"id": "shop", "value": {"n": 2}}
    assert [event["event_type"] for event in events] == [
        "configuration:registered",
        "configuration:updated",
    ]
    assert (events[1]["old_value"], events[1]["new_value"]) == ({"n": 1}, {"n": 2})


def test_no_event_type_wanted_is_no_event(engine: LocalEngine) -> None:
    events: list[Any] = []
    engine.serve("a::b", events.append)
    bind(engine, "configuration", "a::b", {"event_types": []})
    engine.invoke("configuration::register", ENTRY)
    settle(engine)

    assert events == []


@pytest.mark.parametrize(
    ("function_id", "data", "code"),
    [
        ("configuration::get", {"id": "none"}, "NOT_FOUND"),
        ("configuration::set", {"id": "none", "value": 1}, "NOT_REGISTERED"),
        ("configuration::register", ENTRY | {"id": "No Name"}, "INVALID_ID"),
        ("configuration::get", {}, "deserialization_error"),
    ],
)
def test_what_cannot_be_done_with_an_entry(
    engine: LocalEngine, function_id: str, data: Any, code: str
) -> None:
    assert code_of(engine, function_id, data) == code


def test_a_value_is_held_to_its_schema(engine: LocalEngine) -> None:
    engine.invoke("configuration::register", ENTRY)
    with pytest.raises(FunctionFailed):
        engine.invoke("configuration::set", {"id": "shop", "value": {"n": "x"}})

    assert engine.invoke("configuration::get", {"id": "shop"})["value"] == {"n": 1}


def test_variables_are_filled_in_unless_the_raw_value_is_wanted(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_NAME", "x")
    value = {"name": "${SHOP_NAME}", "other": "${SHOP_NONE:5}"}
    engine.invoke("configuration::register", ENTRY | {"schema": {}, "initial_value": value})

    assert engine.invoke("configuration::get", {"id": "shop"})["value"]["name"] == "x"
    assert engine.invoke("configuration::get", {"id": "shop", "raw": True})["value"] == value


def test_the_modules_of_the_engine_have_entries(engine: LocalEngine) -> None:
    listed = engine.invoke("configuration::list", {})["configurations"]

    assert "iii-queue" in [entry["id"] for entry in listed]
    assert all("value" not in entry for entry in listed)
