"""Functions and workers that come and go, as triggers."""

from __future__ import annotations

from tests.mock_engine.core.playing import CALLER, ID, OWNER, Play, invoke, register, told


def watched(trigger_type: str) -> Play:
    play = Play(OWNER)
    play.say(OWNER, register("test::watch"))
    data = {"trigger_type": trigger_type, "function_id": "test::watch"}
    play.say(OWNER, invoke("engine::register_trigger", data, ID + "1"))
    return play


def test_a_worker_that_comes_is_announced_to_those_who_watch() -> None:
    play = watched("engine::workers-available")

    *_, (peer, call) = told(play.core.opened(CALLER, "", 0))

    assert (peer, call["function_id"]) == (OWNER, "test::watch")
    assert call["data"]["event"] == "worker_connected"
    assert call["data"]["worker_id"] == play.core.peers[CALLER].worker_id


def test_functions_are_looked_at_and_announced_when_they_changed() -> None:
    play = watched("engine::functions-available")

    ((_, call),) = told(play.core.looked())

    assert [each["function_id"] for each in call["data"]["functions"]] == ["test::watch"]
    assert play.core.looked() == []
