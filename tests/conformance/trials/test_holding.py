"""Held calls: intercepted before the engine, answered by a trial on the same connection."""

from __future__ import annotations

import json
from typing import Any

from conformance.trials.holding import ABSENT, HeldCall, Holder


class Wire:
    """A connection and an engine in one, which record what they get."""

    def __init__(self) -> None:
        self.is_open = True
        self.sent: list[Any] = []
        self.taken: list[bytes] = []

    def send_text(self, data: bytes) -> None:
        self.sent.append(json.loads(data))

    def received(self, _: object, data: bytes, binary: bool) -> None:
        self.taken.append(data)


def call(wire: Wire, **fields: Any) -> HeldCall:
    message = {"invocation_id": "i", "function_id": "state::get", "traceparent": "t", **fields}
    return HeldCall(message, wire, b"raw", False, wire)  # type: ignore[arg-type]


def holder(**options: Any) -> Holder:
    return Holder(lambda message: message.get("function_id") == "state::get", **options)


def test_a_call_is_answered_as_often_as_is_wanted() -> None:
    wire = Wire()
    held = call(wire)
    held.answer({"n": 1})
    held.answer(ABSENT)
    held.fail("code", "why")

    ids = {"type": "invocationresult", "invocation_id": "i", "function_id": "state::get"}
    assert wire.sent == [
        {**ids, "traceparent": "t", "result": {"n": 1}},
        {**ids, "traceparent": "t"},
        {**ids, "traceparent": "t", "error": {"code": "code", "message": "why"}},
    ]


def test_it_takes_what_concerns_it_and_waits_for_an_answer() -> None:
    wire, held = Wire(), holder()

    assert held.take(call(wire))
    assert not held.take(call(wire, function_id="other::one"))
    assert not held.take(call(wire, invocation_id=None))
    assert wire.sent == wire.taken == []
    held.let_go()
    assert wire.taken == [b"raw"]


def test_an_answer_is_given_at_once_where_there_is_one() -> None:
    wire = Wire()

    assert holder(answer=lambda one: one.answer(5)).take(call(wire))
    assert [message["result"] for message in wire.sent] == [5]


def test_nothing_is_said_on_a_connection_that_is_gone() -> None:
    wire = Wire()
    wire.is_open = False
    held = call(wire)
    held.answer(1)
    held.let_go()

    assert wire.sent == wire.taken == []
