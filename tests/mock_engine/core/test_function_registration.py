"""Functions of two workers."""

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


def test_another_workers_function_is_a_conflict_and_stays() -> None:
    play = Play(OWNER, THIRD, CALLER)
    play.say(OWNER, register("demo::echo"))

    (rejected,) = play.say(THIRD, register("demo::echo"))
    play.core.lost(THIRD)

    assert rejected[1]["code"] == "FUNCTION_NAMESPACE_CONFLICT"
    assert rejected[1]["owner_worker_id"] == play.core.peers[OWNER].worker_id
    assert play.say(CALLER, invoke("demo::echo", {}, ID + "1"))[0][0] == OWNER
