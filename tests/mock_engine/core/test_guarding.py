"""Guarded sessions in the core: admission, middleware, hooks, and their order."""

from __future__ import annotations

from typing import Any

from mock_engine.core.engine import MOST_WAITING
from mock_engine.core.grants import Exposure, Policy
from tests.mock_engine.core.playing import CALLER, ID, OWNER, Play, invoke, register, told

EXPOSED = (Exposure(pattern="public::*"),)


class Session(Play):
    """A play, with the messages that the guarded session got while it was authenticated."""

    greeting: list[Any]


def guarded(answer: Any = None, *, functions: tuple[str, ...] = (), **hooks: str) -> Session:
    """A core where OWNER serves ``auth`` and all hooks, and CALLER was authenticated."""
    play = Session(OWNER)
    for function_id in ("auth", *hooks.values(), *functions):
        play.say(OWNER, register(function_id))
    policy = Policy("auth", exposed=EXPOSED, **hooks)
    (asked,) = told(play.core.authenticate(CALLER, "127.0.0.1", 0, policy, {"a": "b"}, {}))
    assert asked[1]["data"] == {
        "headers": {"a": "b"},
        "query_params": {},
        "ip_address": "127.0.0.1",
    }
    play.greeting = reply(play, asked, {} if answer is None else answer)
    return play


def reply(play: Play, asked: Any, result: Any) -> list[Any]:
    _, call = asked
    answer = {"type": "invocationresult", "result": result}
    answer |= {"invocation_id": call["invocation_id"], "function_id": call["function_id"]}
    return play.say(OWNER, answer)


def test_a_session_is_greeted_once_the_auth_function_has_answered() -> None:
    play = guarded()

    assert [entry[1]["type"] for entry in play.greeting if isinstance(entry[1], dict)] == [
        "workerregistered"
    ]


def test_what_a_session_sends_before_it_is_admitted_is_not_lost() -> None:
    play = Play(OWNER)
    play.say(OWNER, register("auth"))
    (asked,) = told(play.core.authenticate(CALLER, "", 0, Policy("auth", exposed=EXPOSED), {}, {}))

    assert play.say(CALLER, {"type": "ping"}) == []
    assert (CALLER, {"type": "pong"}) in reply(play, asked, {})


def test_a_session_that_left_before_the_answer_is_forgotten() -> None:
    play = Play(OWNER)
    play.say(OWNER, register("auth"))
    (asked,) = told(play.core.authenticate(CALLER, "", 0, Policy("auth"), {}, {}))
    play.core.lost(CALLER)

    assert reply(play, asked, {}) == []
    assert CALLER not in play.core.peers


def test_a_refused_session_gets_an_error_and_is_closed() -> None:
    play = guarded("yes")

    error, close = play.greeting
    assert error[1]["error"]["code"] == "AUTH_ERROR"
    assert close == (CALLER, "close", None)


def test_a_forbidden_call_is_answered_even_without_an_id() -> None:
    play = guarded(functions=("secret",))

    ((to, answer),) = play.say(CALLER, invoke("secret", {}))

    assert to == CALLER
    assert answer["error"]["code"] == "FORBIDDEN"
    assert answer["invocation_id"]


def test_middleware_gets_the_call_instead_of_its_function_and_answers_it() -> None:
    play = guarded({"context": {"user": 1}}, functions=("public::a",), middleware="between")

    (asked,) = play.say(CALLER, invoke("public::a", {"n": 1}, ID + "1", action={"type": "void"}))

    assert asked[1]["function_id"] == "between"
    assert asked[1]["data"] == {
        "function_id": "public::a",
        "payload": {"n": 1},
        "action": {"type": "void"},
        "context": {"user": 1},
        "namespace": "default",
    }
    ((to, answer),) = reply(play, asked, "done")
    assert (to, answer["invocation_id"], answer["result"]) == (CALLER, ID + "1", "done")


def test_the_engine_s_own_functions_pass_the_middleware_by() -> None:
    play = guarded(middleware="between")

    answer, *_ = play.announce(CALLER, name="guest")

    assert answer[1]["result"] == {"success": True}


def test_while_a_hook_decides_later_messages_wait_in_order() -> None:
    play = guarded(on_function="hook")
    play.announce(CALLER, name="guest")

    (asked,) = play.say(CALLER, register("public::mine"))
    assert play.say(CALLER, invoke("public::mine", {}, ID + "1")) == []
    filed = reply(play, asked, {"function_id": "public::renamed"})

    assert filed[0][1]["error"]["code"] == "function_not_found"
    assert play.core.functions.find("default", "public::renamed") is not None


def test_a_hook_that_fails_or_says_null_drops_the_registration_silently() -> None:
    play = guarded(on_function="hook")
    play.announce(CALLER, name="guest")

    (asked,) = play.say(CALLER, register("public::mine"))

    assert reply(play, asked, None) == []
    assert play.core.functions.find("default", "public::mine") is None


def test_the_owner_with_a_prefix_sees_its_bare_id_and_the_caller_the_whole_one() -> None:
    play = guarded({"function_registration_prefix": "tenant"})
    play.announce(CALLER, name="guest")
    play.say(CALLER, register("mine"))

    ((to, asked),) = play.say(OWNER, invoke("tenant::mine", {}, ID + "1"))
    assert (to, asked["function_id"]) == (CALLER, "mine")
    answer = {"type": "invocationresult", "invocation_id": ID + "1", "function_id": "mine"}
    ((back, result),) = play.say(CALLER, answer | {"result": 1})

    assert (back, result["function_id"], result["result"]) == (OWNER, "tenant::mine", 1)
    assert play.say(CALLER, {"type": "unregisterfunction", "id": "mine"}) == []
    assert play.core.functions.find("default", "tenant::mine") is None


def test_a_trigger_for_a_function_that_may_not_be_called_is_refused() -> None:
    play = guarded(functions=("secret",))
    play.announce(CALLER, name="guest")
    trigger = {"type": "registertrigger", "id": "t", "trigger_type": "x", "config": {}}

    ((_, result),) = play.say(CALLER, trigger | {"function_id": "secret"})

    assert result["error"]["code"] == "FORBIDDEN"
    assert play.core.triggers.bindings == {}


def test_a_session_that_sends_without_end_before_it_is_admitted_is_cut() -> None:
    play = Play(OWNER)
    play.say(OWNER, register("auth"))
    play.core.authenticate(CALLER, "", 0, Policy("auth", exposed=EXPOSED), {}, {})

    said = [play.say(CALLER, {"type": "ping"}) for _ in range(MOST_WAITING + 1)]

    assert said[:-1] == [[]] * MOST_WAITING
    assert said[-1] == [(CALLER, "cut")]


def test_a_session_that_sends_without_end_while_a_hook_decides_is_cut() -> None:
    play = guarded(functions=("hook",), on_function="hook")
    play.announce(CALLER)
    play.say(CALLER, register("public::x"))

    said = [play.say(CALLER, register("public::y")) for _ in range(MOST_WAITING + 1)]

    assert said[:-1] == [[]] * MOST_WAITING
    assert said[-1] == [(CALLER, "cut")]
