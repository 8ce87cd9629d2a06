"""State."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.testing import FunctionFailed
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
