"""Calls in flight."""

from __future__ import annotations

from mock_engine.core.invocations import Call, Calls
from mock_engine.messages import NULL, InvokeFunction

CALLER, OWNER, OTHER = 1, 2, 3


def call(caller: int = CALLER, owner: int = OWNER) -> Call:
    return Call(caller, owner, InvokeFunction("a::b", NULL))


def test_a_call_is_finished_once() -> None:
    calls = Calls()
    calls.begin("i", call())

    assert calls.finish("i") == call()
    assert calls.finish("i") is None


def test_a_second_call_of_one_id_replaces_the_first() -> None:
    calls = Calls()
    calls.begin("i", call())

    assert calls.begin("i", call(OTHER)) == call()
    assert calls.finish("i") == call(OTHER)


def test_the_calls_of_a_lost_owner_are_given_back() -> None:
    calls = Calls()
    calls.begin("i", call())
    calls.begin("j", call(owner=OTHER))

    assert calls.lose_owner(OWNER) == [("i", call())]
    assert (len(calls), calls.active(OWNER), calls.active(OTHER)) == (1, 0, 1)


def test_nobody_waits_for_the_calls_of_a_lost_caller() -> None:
    calls = Calls()
    calls.begin("i", call())
    calls.begin("j", call(OTHER))

    calls.lose_caller(CALLER)

    assert list(calls) == [call(OTHER)]
