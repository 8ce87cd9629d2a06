"""Announcements: names, namespaces, and registrations that wait for them."""

from __future__ import annotations

from tests.mock_engine.core.playing import (
    CALLER,
    ID,
    OWNER,
    THIRD,
    Play,
    invoke,
    register,
)


def test_registrations_wait_for_the_announcement() -> None:
    play = Play(OWNER, CALLER)
    play.core.opened(THIRD, "", 0)
    play.say(THIRD, register("late::one"))
    (before,) = play.say(CALLER, invoke("late::one", {}, ID + "1"))

    play.announce(THIRD)
    (after,) = play.say(CALLER, invoke("late::one", {}, ID + "2"))

    assert before[1]["error"]["code"] == "function_not_found"
    assert after[0] == THIRD


def test_after_the_grace_registrations_are_filed_in_default() -> None:
    play = Play(CALLER)
    play.core.opened(THIRD, "", 0)
    play.say(THIRD, register("late::one"))

    play.core.elapsed(THIRD)

    assert play.say(CALLER, invoke("late::one", {}, ID + "1"))[0][0] == THIRD


def test_a_taken_name_is_refused_and_free_again_when_its_owner_leaves() -> None:
    play = Play(OWNER)
    play.core.opened(THIRD, "", 0)

    rejected, closed = play.announce(THIRD, name="worker-1")
    play.core.lost(OWNER)
    play.core.opened(4, "", 0)

    assert rejected[1]["code"] == "WORKER_NAMESPACE_CONFLICT"
    assert closed == (THIRD, "close", None)
    assert play.announce(4, name="worker-1")[0][1]["result"] == {"success": True}
