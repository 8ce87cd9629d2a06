"""Triggers between owners and providers."""

from __future__ import annotations

from tests.mock_engine.core.playing import (
    CALLER,
    OWNER,
    THIRD,
    TICK,
    Play,
    told,
    trigger,
)


def test_a_trigger_waits_for_its_provider_and_again_when_it_leaves() -> None:
    play = Play(OWNER, THIRD)

    assert play.say(OWNER, trigger(1)) == []
    (offered,) = play.say(THIRD, TICK)
    play.core.lost(THIRD)
    play.core.opened(4, "", 0)
    play.announce(4)
    (again,) = play.say(4, TICK)

    assert offered == (THIRD, trigger(1))
    assert again == (4, trigger(1))


def test_a_provider_that_is_ousted_is_not_told() -> None:
    play = Play(OWNER, CALLER, THIRD)
    play.say(THIRD, TICK)
    play.say(OWNER, trigger(1))

    assert play.say(CALLER, TICK) == [(CALLER, trigger(1))]
    assert told(play.core.lost(THIRD)) == []


def test_a_provider_in_default_is_told_when_the_one_at_home_comes() -> None:
    play = Play(THIRD)
    for peer in (OWNER, CALLER):
        play.core.opened(peer, "", 0)
        play.announce(peer, name=f"worker-{peer}", namespace="blue")
    play.say(THIRD, TICK)
    play.say(OWNER, trigger(1))

    assert [(to, message["type"]) for to, message in play.say(CALLER, TICK)] == [
        (THIRD, "unregistertrigger"),
        (CALLER, "registertrigger"),
    ]


def test_a_provider_hears_when_the_owner_of_a_trigger_leaves() -> None:
    play = Play(OWNER, THIRD)
    play.say(THIRD, TICK)
    play.say(OWNER, trigger(1))

    assert told(play.core.lost(OWNER)) == [
        (THIRD, {"type": "unregistertrigger", "id": "t1", "trigger_type": "tick"})
    ]


def test_a_providers_refusal_reaches_the_owner_once() -> None:
    play = Play(OWNER, THIRD)
    play.say(THIRD, TICK)
    play.say(OWNER, trigger(1))
    refusal = {
        "type": "triggerregistrationresult",
        "id": "t1",
        "trigger_type": "tick",
        "function_id": "demo::echo",
        "error": {"code": "bad", "message": "no"},
    }

    (told_once,) = play.say(THIRD, refusal)

    assert told_once[0] == OWNER
    assert told_once[1]["error"] == refusal["error"]
    assert play.say(THIRD, refusal) == []
