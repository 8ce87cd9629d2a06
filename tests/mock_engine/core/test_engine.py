"""The whole core: messages in, actions out, without sockets or time."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.mock_engine.core.playing import (
    CALLER,
    ID,
    OWNER,
    TICK,
    Play,
    invoke,
    register,
    told,
    trigger,
)


def test_a_worker_is_greeted_and_given_five_seconds_to_announce_itself() -> None:
    core = Play().core

    greeting, wake = told(core.opened(OWNER, "127.0.0.1", 0))

    assert greeting[1]["type"] == "workerregistered"
    assert set(greeting[1]) == {"type", "worker_id", "reattach_token"}
    assert wake == (OWNER, "wake", 5.0)


def test_reattach_with_the_right_token_takes_the_old_connection_down() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))
    old = play.core.peers[OWNER]
    message = {"type": "reattach", "previous_worker_id": old.worker_id}

    assert play.say(CALLER, message | {"reattach_token": "wrong"}) == []
    assert play.say(CALLER, message | {"reattach_token": old.token}) == [(OWNER, "cut")]
    assert OWNER not in play.core.peers


peers = st.integers(1, 3)


function_ids = st.sampled_from(["a::x", "a::y"])


call_ids = st.sampled_from([ID + "1", ID + "2"])


messages = st.one_of(
    st.builds(register, function_ids),
    st.builds(lambda f: {"type": "unregisterfunction", "id": f}, function_ids),
    st.builds(lambda f, i: invoke(f, {}, i), function_ids, st.none() | call_ids),
    st.builds(
        lambda f, i: {"type": "invocationresult", "invocation_id": i, "function_id": f},
        function_ids,
        call_ids,
    ),
    st.just(TICK),
    st.builds(trigger, st.integers(1, 2)),
    st.builds(lambda n: {"type": "unregistertrigger", "id": f"t{n}"}, st.integers(1, 2)),
    st.builds(lambda n: invoke("engine::workers::register", {"name": n}), st.sampled_from("ab")),
)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), peers, st.none()),
        st.tuples(st.just("lose"), peers, st.none()),
        st.tuples(st.just("elapse"), peers, st.none()),
        st.tuples(st.just("say"), peers, messages),
    ),
    max_size=40,
)


@given(steps)
def test_whatever_is_said_nothing_belongs_to_the_dead_and_no_call_is_answered_twice(
    played: list[tuple[str, int, Any]],
) -> None:
    play = Play()
    asked: Counter[tuple[int, str]] = Counter()
    answered: Counter[tuple[int, str]] = Counter()
    for verb, peer, message in played:
        actions: list[Any] = []
        if verb == "open" and peer not in play.core.peers:
            play.core.opened(peer, "", 0)
        elif verb == "lose":
            actions = told(play.core.lost(peer))
        elif verb == "elapse":
            actions = told(play.core.elapsed(peer))
        elif verb == "say":
            if peer in play.core.peers and message["type"] == "invokefunction":
                asked[peer, message.get("invocation_id", "")] += 1
            actions = play.say(peer, message)
        for action in actions:
            if isinstance(action[1], dict) and action[1]["type"] == "invocationresult":
                answered[action[0], action[1]["invocation_id"]] += 1
        alive = set(play.core.peers)
        assert {function.owner for function in play.core.functions} <= alive
        assert {known.provider for known in play.core.triggers.types.values()} <= alive
        assert {binding.owner for binding in play.core.triggers.bindings.values()} <= alive
        assert all(action[0] in alive for action in actions if action[1] not in ("close", "cut"))
    assert all(answered[call] <= asked[call] for call in answered)
