"""Features of protocol 0.26 in the core: what an owner reports about the delivery of its calls."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.versions import OBSERVE, OBSERVE_HOOKS
from tests.mock_engine.core.test_observing import CALL, Engine, acknowledge, call, observe

FORMAT = {"type": "object", "required": ["topic"], "properties": {"topic": {"type": "string"}}}


@pytest.fixture
def engine() -> Engine:
    """An owner (1) of ``f`` and an observing worker (2) with the target ``t``."""
    engine = Engine(OBSERVE, OBSERVE_HOOKS)
    engine.join(1, OBSERVE, OBSERVE_HOOKS)
    engine.join(2, OBSERVE)
    engine.say(1, "registerfunction", id="f")
    engine.say(2, "registerfunction", id="t")
    observe(engine)
    acknowledge(engine)
    return engine


def targets(engine: Engine) -> list[Any]:
    return [m for m in engine.heard(2, "invokefunction") if m["function_id"] == "t"]


@pytest.mark.parametrize(
    ("answer", "activations"),
    [
        ({}, 1),
        ({"matched": ["o"]}, 1),
        ({"matched": ["other"]}, 0),
        ({"matched": []}, 0),
        ({"delivered": True}, 0),
        ({"delivered": True, "matched": ["o"]}, 0),
        ({"delivered": False}, 1),
        ({"matched": None, "delivered": None}, 1),
    ],
)
def test_a_host_says_which_observers_a_call_is_for(
    engine: Engine, answer: dict[str, Any], activations: int
) -> None:
    call(engine, {"x": 1}, result={"y": 1}, **answer)

    assert len(targets(engine)) == activations
    (reply,) = [m for m in engine.heard(2, "invocationresult") if m["function_id"] == "f"]
    assert reply == {
        "type": "invocationresult",
        "invocation_id": CALL,
        "function_id": "f",
        "result": {"y": 1},
    }


def test_an_engine_without_the_feature_reads_nothing_of_it() -> None:
    engine = Engine(OBSERVE)
    engine.join(1, OBSERVE)
    engine.join(2, OBSERVE)
    engine.say(1, "registerfunction", id="f", private=True, observable=False, args_format=3)
    engine.say(2, "registerfunction", id="t")

    call(engine, {"x": 1}, result=1, delivered=True)

    (reply,) = [m for m in engine.heard(2, "invocationresult") if m["function_id"] == "f"]
    assert reply["result"] == 1


def test_a_private_function_is_called_by_its_own_worker_alone(engine: Engine) -> None:
    engine.say(1, "registerfunction", id="p", private=True)

    for peer in (1, 2):
        engine.say(peer, "invokefunction", function_id="p", data={}, invocation_id=CALL)

    (refused,) = [m for m in engine.heard(2, "invocationresult") if m["function_id"] == "p"]
    assert refused["error"]["code"] == "FORBIDDEN"
    assert len([m for m in engine.heard(1, "invokefunction") if m["function_id"] == "p"]) == 1


def test_a_function_may_take_no_observers(engine: Engine) -> None:
    engine.say(1, "registerfunction", id="q", observable=False)

    observe(engine, observer="second", source={"function_id": "q"})

    refused = engine.heard(2, "observeresult")[-1]
    assert refused["error"]["code"] == "NOT_OBSERVABLE"


@pytest.mark.parametrize(("args", "code"), [({"topic": "a"}, None), ({}, "INVALID_ARGS")])
def test_the_arguments_of_observers_have_a_format(
    engine: Engine, args: dict[str, Any], code: str | None
) -> None:
    engine.say(1, "registerfunction", id="q", args_format=FORMAT)

    observe(engine, observer="second", source={"function_id": "q", "args": args})

    answered = engine.heard(2, "observeresult")[-1]
    assert answered.get("error", {}).get("code") == code


def test_a_format_that_is_no_schema_is_refused(engine: Engine) -> None:
    engine.say(1, "registerfunction", id="q", args_format={"type": "nonsense"})

    (refused,) = engine.heard(1, "registrationrejected")
    assert (refused["code"], refused["function_id"]) == ("INVALID_ARGS_FORMAT", "q")
    engine.say(2, "invokefunction", function_id="q", data={}, invocation_id=CALL)
    assert engine.heard(2, "invocationresult")[-1]["error"]["code"] == "function_not_found"
