"""Calls and their answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock_engine.core.playing import (
    CALLER,
    ID,
    OWNER,
    THIRD,
    Play,
    invoke,
    register,
    told,
)


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


def test_an_owner_gets_no_malformed_trace_and_its_function_once() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("demo::echo"))
    trace = {"traceparent": "00-nonsense", "baggage": "iii.function.id=forged,k=v"}

    ((_, call),) = play.say(CALLER, invoke("demo::echo", {}, ID + "1", **trace))
    reply = {"type": "invocationresult", "invocation_id": ID + "1", "function_id": "demo::echo"}
    ((_, answer),) = play.say(OWNER, reply)

    assert "traceparent" not in call
    assert call["baggage"] == "k=v,iii.function.id=demo::echo"
    assert (answer["traceparent"], answer["baggage"]) == (trace["traceparent"], trace["baggage"])
