"""Triggers whose config cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from mock_engine.testing import LocalEngine
from tests.mock_engine.modules.local import ANNOUNCEMENT


@pytest.mark.parametrize(
    ("trigger_type", "config", "complaint"),
    [
        (
            "state",
            {"scope": 123},
            "Failed to parse trigger config: invalid type: integer `123`, expected a string",
        ),
        (
            "state",
            None,
            "Failed to parse trigger config: "
            "invalid type: null, expected struct StateTriggerConfig",
        ),
        (
            "configuration",
            {"event_types": "x"},
            "Failed to parse configuration trigger config: "
            'invalid type: string "x", expected a sequence',
        ),
    ],
)
def test_a_trigger_config_of_the_wrong_type_is_told_as_serde_does(
    engine: LocalEngine, trigger_type: str, config: Any, complaint: str
) -> None:
    with connect(engine.url) as socket:
        socket.recv(10)
        message = {"type": "registertrigger", "id": "t", "function_id": "a::b"}
        socket.send(json.dumps(message | {"trigger_type": trigger_type, "config": config}))
        answer = json.loads(socket.recv(10))

    assert answer["type"] == "triggerregistrationresult"
    assert answer["error"] == {"code": "trigger_registration_failed", "message": complaint}


def test_what_a_module_refuses_leaves_the_binding_of_that_id_as_it_was(engine: LocalEngine) -> None:
    with connect(engine.url) as socket:
        socket.send(ANNOUNCEMENT)
        for config in ({"api_path": "here"}, {}):
            message = {"type": "registertrigger", "id": "t", "function_id": "a::b"}
            socket.send(json.dumps(message | {"trigger_type": "http", "config": config}))
        while json.loads(socket.recv(10))["type"] != "triggerregistrationresult":
            pass
        asked = engine.invoke("engine::registered-triggers::list", {"function_id": "a::b"})

    assert [row["config"] for row in asked["registered_triggers"]] == [{"api_path": "here"}]
