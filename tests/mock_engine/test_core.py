"""The core: messages in, actions out, without sockets or time."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_engine.core import Action, CloseSession, Core, Cut, Send, Wake
from mock_engine.decoding import decode
from mock_engine.messages import encode

OWNER, CALLER, THIRD = 1, 2, 3
ID = "5b0d5b2e-0000-4000-8000-00000000000"


class Play:
    """Drives a core with JSON and tells what it did in JSON."""

    def __init__(self, *peers: int, announced: bool = True) -> None:
        numbers = iter(range(1, 10_000))
        self.core = Core(new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012}")
        for peer in peers:
            self.core.opened(peer, "127.0.0.1", 0)
            if announced:
                self.announce(peer, name=f"worker-{peer}")

    def announce(self, peer: int, **data: Any) -> list[Any]:
        return self.say(peer, invoke("engine::workers::register", data, ID + "0"))

    def say(self, peer: int, message: Any) -> list[Any]:
        return told(self.core.received(peer, decode(json.dumps(message).encode())))


def told(actions: list[Action]) -> list[Any]:
    out: list[Any] = []
    for action in actions:
        match action:
            case Send(peer=peer, message=message):
                out.append((peer, json.loads(encode(message))))
            case CloseSession(peer=peer, code=code):
                out.append((peer, "close", code))
            case Cut(peer=peer):
                out.append((peer, "cut"))
            case Wake(key=key, seconds=seconds):
                out.append((key, "wake", seconds))
    return out


def invoke(function_id: str, data: Any, invocation_id: str | None = None, **more: Any) -> Any:
    message = {"type": "invokefunction", "function_id": function_id, "data": data, **more}
    return message | ({"invocation_id": invocation_id} if invocation_id else {})


def register(function_id: str) -> Any:
    return {"type": "registerfunction", "id": function_id}


def test_a_worker_is_greeted_and_given_five_seconds_to_announce_itself() -> None:
    core = Play().core

    greeting, wake = told(core.opened(OWNER, "127.0.0.1", 0))

    assert greeting[1]["type"] == "workerregistered"
    assert set(greeting[1]) == {"type", "worker_id", "reattach_token"}
    assert wake == (OWNER, "wake", 5.0)


def test_a_call_reaches_its_owner_and_the_answer_its_caller() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))

    (sent,) = play.say(CALLER, invoke("demo::echo", {"x": 1}, ID + "1", action=None))
    answer = {"type": "invocationresult", "invocation_id": ID + "1", "function_id": "demo::echo"}
    (got,) = play.say(OWNER, answer | {"result": {"y": 2}})

    assert sent[0] == OWNER
    assert sent[1]["data"] == {"x": 1, "_caller_worker_id": play.core.peers[CALLER].worker_id}
    assert set(sent[1]) == {"type", "invocation_id", "function_id", "data"}
    assert got == (CALLER, answer | {"result": {"y": 2}})


@pytest.mark.parametrize("data", [None, 5, "text", [1, 2], True, 9007199254740993])
def test_data_that_is_no_object_passes_untouched(data: Any) -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))

    (sent,) = play.say(CALLER, invoke("demo::echo", data, ID + "1"))

    assert sent[1]["data"] == data


def test_a_null_result_is_left_out() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))
    play.say(CALLER, invoke("demo::echo", {}, ID + "1"))

    answer = {"type": "invocationresult", "invocation_id": ID + "1", "function_id": "demo::echo"}
    (got,) = play.say(OWNER, answer | {"result": None})

    assert got == (CALLER, answer)


def test_an_unknown_function_is_told_with_the_namespaces_that_have_it() -> None:
    play = Play(OWNER, CALLER)
    play.core.opened(THIRD, "", 0)
    play.announce(THIRD, namespace="blue")
    play.say(THIRD, register("demo::echo"))

    (got,) = play.say(CALLER, invoke("demo::echo", {}, ID + "1"))

    assert got[1]["error"]["code"] == "function_not_found"
    assert got[1]["error"]["message"].endswith("It is registered in namespace(s): blue.")


def test_a_call_without_an_id_gets_one_and_its_answer_goes_nowhere() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))

    (sent,) = play.say(CALLER, invoke("demo::echo", {}))
    answer = {"type": "invocationresult", "function_id": "demo::echo", "result": 1}

    assert play.say(OWNER, answer | {"invocation_id": sent[1]["invocation_id"]}) == []


def test_a_lost_owner_stops_its_invocations() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))
    play.say(CALLER, invoke("demo::echo", {}, ID + "1"))

    (got,) = told(play.core.lost(OWNER))

    assert got[1]["error"] == {"code": "invocation_stopped", "message": "Invocation stopped"}


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


def test_another_workers_function_is_a_conflict_and_stays() -> None:
    play = Play(OWNER, THIRD, CALLER)
    play.say(OWNER, register("demo::echo"))

    (rejected,) = play.say(THIRD, register("demo::echo"))
    play.core.lost(THIRD)

    assert rejected[1]["code"] == "FUNCTION_NAMESPACE_CONFLICT"
    assert rejected[1]["owner_worker_id"] == play.core.peers[OWNER].worker_id
    assert play.say(CALLER, invoke("demo::echo", {}, ID + "1"))[0][0] == OWNER


def test_reattach_with_the_right_token_takes_the_old_connection_down() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))
    old = play.core.peers[OWNER]
    message = {"type": "reattach", "previous_worker_id": old.worker_id}

    assert play.say(CALLER, message | {"reattach_token": "wrong"}) == []
    assert play.say(CALLER, message | {"reattach_token": old.token}) == [(OWNER, "cut")]
    assert OWNER not in play.core.peers


def trigger(number: int, trigger_type: str = "tick") -> Any:
    body = {"trigger_type": trigger_type, "function_id": "demo::echo", "config": {"n": number}}
    return {"type": "registertrigger", "id": f"t{number}", **body}


TICK = {"type": "registertriggertype", "id": "tick", "description": ""}


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
    refusal = {"type": "triggerregistrationresult", "id": "t1", "trigger_type": "tick"}
    refusal |= {"function_id": "demo::echo", "error": {"code": "bad", "message": "no"}}

    (told_once,) = play.say(THIRD, refusal)

    assert told_once[0] == OWNER
    assert told_once[1]["error"] == refusal["error"]
    assert play.say(THIRD, refusal) == []


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
