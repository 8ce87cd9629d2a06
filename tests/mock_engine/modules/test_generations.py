"""What older engines had, under the names it had."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.testing import LocalEngine
from mock_engine.versions import FUNCTIONS
from tests.mock_engine.modules.local import (
    bind,
    until,
)


def test_the_key_value_store_of_older_engines(engine: LocalEngine) -> None:
    at = {"index": "i", "key": "k"}
    assert engine.invoke("kv_server::get", at) is None
    assert engine.invoke("kv_server::set", at | {"value": {"n": 1}}) == {
        "old_value": None,
        "new_value": {"n": 1},
    }
    changed = engine.invoke(
        "kv_server::update", at | {"ops": [{"type": "increment", "path": "n", "by": 2}]}
    )
    assert changed["new_value"] == {"n": 3}
    assert engine.invoke("kv_server::list", {"index": "i"}) == [{"n": 3}]
    assert engine.invoke("kv_server::list_keys_with_prefix", {"prefix": "i"}) == ["i"]
    assert engine.invoke("kv_server::delete", at) == {"n": 3}
    assert engine.invoke("kv_server::list", {"index": "i"}) == []


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
