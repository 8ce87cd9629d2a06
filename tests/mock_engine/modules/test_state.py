"""State."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mock_engine.modules.adapters import open_store
from mock_engine.modules.store import MISSING
from mock_engine.testing import FunctionFailed
from tests.mock_engine.modules.client import client
from tests.mock_engine.modules.local import (
    bind,
    settle,
    with_module,
)


def test_state_tells_nothing_when_its_triggers_are_off() -> None:
    seen: list[Any] = []
    with with_module("iii-state", triggers_enabled=False) as engine:
        engine.serve("a::b", seen.append)
        bind(engine, "state", "a::b", {})
        engine.invoke("state::set", {"scope": "s", "key": "k", "value": 1})
        settle(engine)

    assert seen == []


def test_only_set_is_bound_by_the_greatest_size_of_a_value() -> None:
    with with_module("iii-state", max_value_bytes=5) as engine:
        given = {"scope": "s", "key": "k"}
        with pytest.raises(FunctionFailed) as failed:
            engine.invoke("state::set", given | {"value": "123456"})
        operation = {"type": "set", "path": "a", "value": "123456"}
        changed = engine.invoke("state::update", given | {"ops": [operation]})

    text = "value of 8 bytes exceeds the configured max_value_bytes limit of 5"
    assert (failed.value.code, str(failed.value)) == ("VALUE_TOO_LARGE", f"VALUE_TOO_LARGE: {text}")
    assert changed["new_value"] == {"a": "123456"}


def test_state_keeps_values_and_tells_of_changes() -> None:
    async def test() -> None:
        async with client() as worker:
            await worker.bind("state", {"scope": "s"})
            where = {"scope": "s", "key": "k"}

            assert await worker.call("state::get", where) is None
            assert await worker.call("state::set", where | {"value": {"n": 1}}) == {
                "old_value": None,
                "new_value": {"n": 1},
            }
            created = await worker.next_call()
            ops = [{"type": "increment", "path": "n", "by": 2}]
            changed = await worker.call("state::update", where | {"ops": ops})

            assert created["event_type"] == "state:created"
            assert changed == {"old_value": {"n": 1}, "new_value": {"n": 3}}
            assert (await worker.next_call())["new_value"] == {"n": 3}
            assert await worker.call("state::list", {"scope": "s"}) == [{"n": 3}]
            assert (await worker.call("state::set", {"key": "k"}))["code"] == (
                "deserialization_error"
            )

    asyncio.run(test())


def test_a_file_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    options = {"adapter": {"config": {"store_method": "file_based", "file_path": str(tmp_path)}}}
    store = open_store(options, "state")
    store.put("g", "a", {"n": [1, None]})
    store.put("g", "b", None)
    store.put("g", "c", 1)
    store.drop("g", "c")

    again = open_store(options, "state")  # the first store is not closed: as after a kill

    assert again.get("g", "a") == {"n": [1, None]}
    assert again.get("g", "b") is None
    assert again.get("g", "c") is MISSING
    store.close()
    again.close()
