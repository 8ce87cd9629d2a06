"""Modules as a caller sees them, through the blocking engine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from mock_engine.testing import FunctionFailed, LocalEngine


def with_module(name: str, *, engine_version: str | None = None, **options: Any) -> LocalEngine:
    config = {"workers": [{"name": name, "config": options}]}
    return LocalEngine(config, engine_version=engine_version)


def bind(engine: LocalEngine, trigger_type: str, function_id: str, config: Any) -> Any:
    data = {"trigger_type": trigger_type, "function_id": function_id, "config": config}
    return engine.invoke("engine::register_trigger", data)


ANNOUNCEMENT = json.dumps(
    {"type": "invokefunction", "function_id": "engine::workers::register", "data": {}}
)


def call_of(worker: ClientConnection) -> Any:
    """The next message, which is a call."""
    call = json.loads(worker.recv(10))
    assert call["type"] == "invokefunction"
    return call


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def settle(engine: LocalEngine) -> None:
    """Let the engine run until the effects of earlier calls have arrived, if there are any."""
    for _ in range(20):
        engine.invoke("engine::workers::list", {})


def code_of(engine: LocalEngine, function_id: str, data: Any) -> str:
    with pytest.raises(FunctionFailed) as failed:
        engine.invoke(function_id, data)
    return failed.value.code
