"""What discovery returns about functions, workers and triggers, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock_engine.core.playing import CALLER, ID, OWNER, Play, invoke, register


def ask(play: Play, function_id: str, data: Any) -> Any:
    """The result of a call, or its error."""
    [(_, answer)] = play.say(CALLER, invoke(function_id, data, ID + "1"))
    return answer.get("error") or answer["result"]


def functions(play: Play, **filters: Any) -> list[str]:
    rows = ask(play, "engine::functions::list", filters)["functions"]
    return [row["function_id"] for row in rows]


def test_a_search_tells_functions_first_that_are_named_so() -> None:
    play = Play(OWNER, CALLER)
    named = {"type": "registerfunction", "description": "reads the state"}
    for function_id in ("a::read", "b::restate", "c::state", "state::x", "none"):
        play.say(
            OWNER,
            named | {"id": function_id} if function_id == "a::read" else register(function_id),
        )

    assert functions(play, search="STATE") == ["c::state", "state::x", "b::restate", "a::read"]
    assert functions(play, search="") == ["a::read", "b::restate", "c::state", "none", "state::x"]


def test_several_workers_can_be_asked_for_at_once() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("a"))
    play.say(CALLER, register("b"))

    assert functions(play, workers=["worker-1", "worker-2"]) == ["a", "b"]
    assert functions(play, worker="worker-1", workers=["worker-2"]) == ["a", "b"]
    assert functions(play, workers=["worker-2"]) == ["b"]
    assert functions(play, workers=[]) == ["a", "b"]


@pytest.mark.parametrize(
    ("function_id", "data", "complaint"),
    [
        ("engine::functions::info", None, "invalid type: null, expected struct FunctionInfoInput"),
        ("engine::functions::info", {"function_ids": [1]}, "integer `1`, expected a string"),
        ("engine::functions::list", {"workers": "x"}, 'string "x", expected a sequence'),
        ("engine::workers::info", 5, "invalid type: integer `5`, expected struct WorkerInfoInput"),
        ("engine::workers::info", [], "invalid length 0, expected struct WorkerInfoInput with 2"),
        ("engine::triggers::info", True, "boolean `true`, expected struct TriggerInfoInput"),
        (
            "engine::registered-triggers::info",
            "x",
            'string "x", expected struct RegisteredTriggerInfoInput',
        ),
        (
            "engine::workers::register",
            {"telemetry": 5},
            "integer `5`, expected struct WorkerConnectionTelemetryMeta",
        ),
        ("engine::workers::register", {"telemetry": {"language": 5}}, "expected a string"),
    ],
)
def test_what_cannot_be_read_is_told_by_the_name_of_the_input(
    function_id: str, data: Any, complaint: str
) -> None:
    error = ask(Play(CALLER), function_id, data)

    assert error["code"] == "deserialization_error"
    assert complaint in error["message"]


def test_a_worker_is_listed_with_any_pid_and_told_in_order() -> None:
    play = Play(CALLER)
    play.announce(CALLER, name="w", pid=0, description="does things", os="linux")
    for function_id in ("b", "a"):
        play.say(CALLER, register(function_id))
    play.announce(CALLER, name="w", version="2")

    [row] = ask(play, "engine::workers::list", {"runtime": "unknown"})["workers"]
    info = ask(play, "engine::workers::info", {"name": "w"})

    assert (row["description"], row["os"], row["version"]) == ("does things", "linux", "2")
    assert info["worker"]["pid"] == 0
    assert [function["function_id"] for function in info["functions"]] == ["a", "b"]


def test_a_trigger_is_told_with_the_formats_of_its_type_and_the_want_of_its_function() -> None:
    play = Play(OWNER, CALLER)
    kind = {"type": "registertriggertype", "id": "tick", "description": "ticks"}
    play.say(OWNER, kind | {"trigger_request_format": {"type": "object"}})
    binding = {"type": "registertrigger", "id": "t", "trigger_type": "tick", "function_id": "a::b"}
    play.say(CALLER, binding | {"config": {"z": 1, "a": 2}})

    told = ask(play, "engine::registered-triggers::info", {"id": "t"})
    [row] = ask(play, "engine::registered-triggers::list", {})["registered_triggers"]

    assert told["function"] is None
    assert told["trigger"]["configuration_schema"] == {"type": "object"}
    assert row["config_summary"] == '{"a":2,"z":1}'


def test_a_trigger_made_by_a_call_is_at_home_in_the_default_namespace() -> None:
    play = Play(OWNER, announced=False)
    play.announce(OWNER, name="w", namespace="orders")
    play.say(OWNER, {"type": "registertriggertype", "id": "tick", "description": "ticks"})
    data = {"trigger_type": "tick", "function_id": "a::b"}

    parked = play.say(OWNER, invoke("engine::register_trigger", data, ID + "1"))
    data["trigger_namespace"] = "orders"
    offered = play.say(OWNER, invoke("engine::register_trigger", data, ID + "2"))

    assert [message["type"] for _, message in parked] == ["invocationresult"]
    assert [message[1]["type"] for message in offered if isinstance(message[1], dict)] == [
        "registertrigger"
    ]
    assert all("namespace" not in message[1] for message in offered if message[0] == OWNER)
