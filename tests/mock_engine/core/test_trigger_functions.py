"""Triggers that are created by a call."""

from __future__ import annotations

from typing import Any

from mock_engine.core.trigger_functions import PATIENCE
from tests.mock_engine.core.playing import CALLER, ID, OWNER, TICK, Play, invoke, told

WANTED = {"trigger_type": "tick", "function_id": "a::b", "config": {}}


def make(play: Play) -> list[Any]:
    return play.say(CALLER, invoke("engine::register_trigger", WANTED, ID + "1"))


def test_without_a_provider_the_answer_comes_at_once() -> None:
    ((_, answer),) = make(Play(CALLER))

    assert set(answer["result"]) == {"id"}


def test_a_provider_that_is_silent_consents_when_its_time_is_over() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, TICK)

    wake, (peer, offer) = make(play)

    assert wake == (offer["id"], "wake", PATIENCE)
    assert peer == OWNER
    ((_, answer),) = told(play.core.elapsed(offer["id"]))
    assert answer["result"] == {"id": offer["id"]}


def test_a_provider_that_objects_leaves_nothing_behind() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, TICK)
    _, (_, offer) = make(play)
    names = {name: offer[name] for name in ("id", "trigger_type", "function_id")}

    error = {"code": "bad", "message": "no"}
    ((_, answer),) = play.say(OWNER, {"type": "triggerregistrationresult", **names, "error": error})

    assert answer["error"]["code"] == "trigger_registration_failed"
    assert offer["id"] not in play.core.triggers.bindings


def test_a_trigger_is_removed_whoever_made_it() -> None:
    play = Play(OWNER, CALLER)
    ((_, answer),) = make(play)

    ((_, removed),) = play.say(
        OWNER, invoke("engine::unregister_trigger", answer["result"], ID + "2")
    )

    assert removed["result"] == {"removed": True}
