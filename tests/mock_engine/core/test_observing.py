"""Features of protocol 0.25 in the core: confirmations, observers, local dispatch."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from mock_engine.core import Core, Send, Wake
from mock_engine.decoding import decode
from mock_engine.messages import encode
from mock_engine.versions import FEATURES, LOCAL_DISPATCH, OBSERVE


class Engine:
    """A core whose peers speak JSON."""

    def __init__(self, *features: str) -> None:
        ids = (f"00000000-0000-4000-8000-{number:012}" for number in itertools.count())
        self.core = Core(new_id=lambda: next(ids), features=features, clock=lambda: 7.0)
        self.said: dict[int, list[Any]] = {}
        self.wakes: list[Wake] = []

    def join(self, peer: int, *features: str) -> None:
        self.note(self.core.opened(peer, "127.0.0.1", 0))
        data = {"name": f"w{peer}", "features": list(features)}
        self.say(peer, "invokefunction", function_id="engine::workers::register", data=data)

    def say(self, peer: int, kind: str, **fields: Any) -> None:
        frame = json.dumps({"type": kind, **fields}).encode()
        self.note(self.core.received(peer, decode(frame)))

    def note(self, actions: list[Any]) -> None:
        self.wakes += [action for action in actions if isinstance(action, Wake)]
        for action in actions:
            if isinstance(action, Send) and action.peer > 0:
                message = json.loads(encode(action.message))
                self.said.setdefault(action.peer, []).append(message)

    def heard(self, peer: int, kind: str) -> list[Any]:
        return [message for message in self.said.get(peer, []) if message["type"] == kind]

    def states(self, peer: int) -> list[str]:
        return [
            m["state"] for m in self.said[peer] if m["type"].startswith("observe") and "state" in m
        ]


CALL = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def engine() -> Engine:
    """An owner (1) of ``f`` and an observing worker (2) with the target ``t``."""
    engine = Engine(*FEATURES)
    engine.join(1, OBSERVE, LOCAL_DISPATCH)
    engine.join(2, OBSERVE)
    engine.say(1, "registerfunction", id="f")
    engine.say(2, "registerfunction", id="t")
    return engine


def observe(engine: Engine, peer: int = 2, observer: str = "o", **more: Any) -> None:
    source = {"function_id": "f"} | more.pop("source", {})
    target = more.pop("target", {"function_id": "t"})
    engine.say(peer, "observe", id=observer, source=source, target=target, **more)


def acknowledge(engine: Engine, **more: Any) -> None:
    engine.say(1, "observerack", function_id="f", id="o", revision=1, **more)


def call(engine: Engine, data: Any, **answer: Any) -> None:
    engine.say(2, "invokefunction", function_id="f", data=data, invocation_id=CALL)
    told = answer or {"result": {"y": 1}}
    engine.say(1, "invocationresult", invocation_id=CALL, function_id="f", **told)


def test_an_engine_advertises_nothing_unless_asked() -> None:
    engine = Engine()
    engine.join(1, *FEATURES)
    engine.say(1, "registerfunction", id="f")
    observe(engine, peer=1)

    (greeting,) = engine.said[1]
    assert "features" not in greeting
    assert engine.core.peers[1].features == frozenset()


def test_a_function_is_confirmed_to_those_that_asked(engine: Engine) -> None:
    engine.join(3)
    engine.say(3, "registerfunction", id="old")

    assert engine.heard(1, "workerregistered")[0]["features"] == list(FEATURES)
    confirmed = {
        "type": "functionregistered",
        "namespace": "default",
        "revision": 0,
        "observers": [],
    }
    assert engine.heard(1, "functionregistered") == [
        confirmed | {"id": "f", "local_dispatch": True}
    ]
    assert engine.heard(2, "functionregistered") == [
        confirmed | {"id": "t", "local_dispatch": False}
    ]
    assert engine.heard(3, "functionregistered") == []


def test_an_observer_is_active_once_its_owner_agrees(engine: Engine) -> None:
    observe(engine, source={"filters": {"input.x": {"$gt": 1}}})
    (added,) = engine.heard(1, "observeradded")
    acknowledge(engine)

    assert added["observer"] == {
        "id": "o",
        "args": {},
        "filters": {"input.x": {"$gt": 1}},
        "target": "t",
        "capture": ["input", "output", "caller"],
        "on": "success",
    }
    assert engine.states(2) == ["pending", "active"]


def test_events_that_match_reach_the_target(engine: Engine) -> None:
    observe(engine, source={"filters": {"input.x": {"$gt": 1}}}, metadata={"m": 1})
    acknowledge(engine)
    call(engine, {"x": 1})
    call(engine, {"x": 2})

    (activation,) = engine.heard(2, "invokefunction")
    assert activation["metadata"] == {"m": 1}
    assert activation["observe_depth"] == 1
    assert activation["activation"]["observer_id"] == "o"
    event = activation["data"]
    assert (event["input"], event["output"], event["status"]) == ({"x": 2}, {"y": 1}, "success")
    assert (event["started_at_ms"], event["duration_ms"]) == (7, 0.0)
    assert event["caller"]["worker_name"] == "w2"


def test_the_owner_sees_who_calls(engine: Engine) -> None:
    caller = {"function_id": "h", "invocation_id": "i", "worker_id": "forged"}
    engine.say(2, "invokefunction", function_id="f", data={}, invocation_id=CALL, caller=caller)

    (forwarded,) = engine.heard(1, "invokefunction")
    known = engine.core.peers[2].worker_id
    assert forwarded["caller"] == caller | {"worker_id": known, "worker_name": "w2"}


@pytest.mark.parametrize(
    ("on", "count"), [("success", 0), ("error", 1), ("complete", 1), (None, 0)]
)
def test_outcomes_are_chosen(engine: Engine, on: str | None, count: int) -> None:
    observe(engine, source={"on": on, "capture": ["error"], "deliver": "envelope"})
    acknowledge(engine)
    call(engine, {}, error={"code": "c", "message": "m"})

    events = [m["data"] for m in engine.heard(2, "invokefunction")]
    assert [event["error"] for event in events] == [{"code": "c", "message": "m"}] * count
    assert all("input" not in event for event in events)


@pytest.mark.parametrize(("deliver", "data"), [("input", {"x": 1}), ("output", {"y": 1})])
def test_a_part_may_be_delivered_alone(engine: Engine, deliver: str, data: Any) -> None:
    observe(engine, source={"deliver": deliver})
    acknowledge(engine)
    call(engine, {"x": 1})

    assert [m["data"] for m in engine.heard(2, "invokefunction")] == [data]


def test_an_observer_ends_after_its_fires(engine: Engine) -> None:
    observe(engine, max_fires=1)
    acknowledge(engine)
    call(engine, {})
    call(engine, {})

    assert len(engine.heard(2, "invokefunction")) == 1
    last = engine.heard(2, "observerstatechanged")[-1]
    assert (last["state"], last["reason"]["code"], last["fires"]) == ("disposed", "MAX_FIRES", 1)
    assert engine.heard(1, "observerremoved")[0]["id"] == "o"


def test_no_more_run_at_once_than_allowed(engine: Engine) -> None:
    observe(engine, max_in_flight=1)
    acknowledge(engine)
    call(engine, {"n": 1})
    call(engine, {"n": 2})
    (first,) = engine.heard(2, "invokefunction")
    names = {"invocation_id": first["invocation_id"], "function_id": "t"}
    engine.say(2, "invocationresult", **names)

    assert [m["data"]["input"]["n"] for m in engine.heard(2, "invokefunction")] == [1, 2]


def test_an_observer_expires(engine: Engine) -> None:
    observe(engine, expires_in_ms=500)
    wake = engine.wakes[-1]
    engine.note(engine.core.elapsed(wake.key))

    assert wake.seconds == 0.5
    assert engine.heard(2, "observerstatechanged")[-1]["reason"]["code"] == "EXPIRED"
    assert engine.core.elapsed(wake.key) == []


def test_an_observer_is_disposed_by_its_worker_alone(engine: Engine) -> None:
    observe(engine)
    engine.say(1, "unobserve", id="o")
    assert engine.heard(1, "observerremoved") == []
    engine.say(2, "unobserve", id="o")

    assert engine.heard(2, "observerstatechanged")[-1]["reason"]["code"] == "UNOBSERVED"
    assert engine.heard(1, "observerremoved")[0]["revision"] == 2


def test_an_owner_refuses(engine: Engine) -> None:
    observe(engine)
    acknowledge(engine, error={"code": "NO", "message": "not you"})

    assert engine.heard(2, "observerstatechanged")[-1]["reason"] == {
        "code": "NO",
        "message": "not you",
    }
    assert engine.states(2) == ["pending", "error"]


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("SELF_TARGET", {"target": {"function_id": "f"}}),
        ("INVALID_FILTER", {"source": {"filters": {"x": 1}}}),
        ("INVALID_ARGS", {"source": {"args": {"x": 1}}}),
        ("NOT_OBSERVABLE", {"source": {"function_id": "shy"}}),
        ("INVALID_ARGS", {"source": {"function_id": "strict", "args": {"x": "no"}}}),
        ("OBSERVER_ID_CONFLICT", {"peer": 1}),
    ],
)
def test_what_cannot_be_observed_is_told(engine: Engine, code: str, more: dict[str, Any]) -> None:
    schema = {"properties": {"x": {"type": "integer"}}}
    engine.say(1, "registerfunction", id="shy", observe={"allow": False})
    engine.say(1, "registerfunction", id="strict", observe={"args_format": schema})
    observe(engine)
    peer = more.pop("peer", 2)
    observe(engine, peer, "o" if peer == 1 else "other", **more)

    last = engine.heard(peer, "observeresult")[-1]
    assert (last["state"], last["error"]["code"]) == ("error", code)


def test_an_observer_waits_for_what_is_not_there(engine: Engine) -> None:
    observe(engine, source={"function_id": "later"}, target={"function_id": "also later"})
    engine.say(1, "registerfunction", id="later")
    engine.say(1, "observerack", function_id="later", id="o", revision=0)
    engine.say(2, "registerfunction", id="also later")
    engine.say(2, "unregisterfunction", id="also later")
    engine.note(engine.core.lost(1))

    listed = engine.heard(1, "functionregistered")[-1]["observers"]
    assert [each["id"] for each in listed] == ["o"]
    assert engine.states(2) == ["pending", "active", "suspended", "suspended"]
    reasons = [m.get("reason", {}).get("code") for m in engine.heard(2, "observerstatechanged")]
    assert reasons == [None, "TARGET_UNAVAILABLE", "OWNER_UNAVAILABLE"]


def test_observers_end_with_their_worker(engine: Engine) -> None:
    observe(engine)
    engine.note(engine.core.lost(2))

    assert [m["id"] for m in engine.heard(1, "observerremoved")] == ["o"]


def test_an_owner_that_knows_no_observers_is_observed_all_the_same(engine: Engine) -> None:
    engine.join(3)
    engine.say(3, "registerfunction", id="old")
    observe(engine, source={"function_id": "old"})

    assert engine.states(2) == ["active"]
    assert engine.heard(3, "observeradded") == []


def test_what_an_owner_reports_reaches_the_target(engine: Engine) -> None:
    observe(engine)
    acknowledge(engine)
    item = {
        "function_id": "f",
        "invocation_id": "i",
        "matched": ["o", "unknown"],
        "status": "success",
        "input": {"x": 1},
        "started_at_ms": 1,
        "duration_ms": 0.5,
    }
    engine.say(1, "invocationsobserved", items=[item])
    engine.say(2, "invocationsobserved", items=[item])
    engine.say(1, "invocationsobserved", items=[item | {"observe_depth": 16}])
    engine.say(1, "localinvocationstats", window_ms=10000, functions=[], dropped_reports=[])

    (activation,) = engine.heard(2, "invokefunction")
    assert activation["data"]["namespace"] == "default"
    assert activation["data"]["input"] == {"x": 1}


def test_an_owner_calls_the_target_of_an_observer(engine: Engine) -> None:
    engine.say(1, "registerfunction", id="f", observe={"delivery": "owner"})
    observe(engine, metadata={"m": 1})
    acknowledge(engine)
    deliver = {"function_id": "t", "data": {"x": 1}, "invocation_id": CALL}
    engine.say(1, "invokefunction", activation={"observer_id": "o"}, **deliver)
    call(engine, {})

    (activation,) = engine.heard(2, "invokefunction")
    assert activation["metadata"] == {"m": 1}
    assert set(activation["activation"]) == {"observer_id", "activation_id"}


@pytest.mark.parametrize(
    ("peer", "given", "function", "code"),
    [
        (1, {"observer_id": "unknown"}, "t", "OBSERVER_NOT_FOUND"),
        (1, "o", "t", "OBSERVER_NOT_FOUND"),
        (2, {"observer_id": "o"}, "t", "NOT_FUNCTION_OWNER"),
        (1, {"observer_id": "o"}, "f", "TARGET_MISMATCH"),
        (1, {"observer_id": "o"}, "t", "OBSERVER_NOT_ACTIVE"),
    ],
)
def test_a_delivery_that_is_wrong_is_refused(
    engine: Engine, peer: int, given: Any, function: str, code: str
) -> None:
    observe(engine)
    deliver = {"function_id": function, "data": {}, "invocation_id": CALL, "activation": given}
    engine.say(peer, "invokefunction", **deliver)

    assert engine.heard(peer, "invocationresult")[-1]["error"]["code"] == code
