"""The conversation of a worker that meets a requirement that another one breaks."""

from __future__ import annotations

import json

from conformance.judging.frames import EvidenceFrame
from conformance.matrix.counterpart import counterpart
from mock_engine.transcript import Direction, Event, Message


def message(at: int, kind: str, function_id: str, *, engine: bool = False) -> Message:
    data = json.dumps({"type": kind, "function_id": function_id}).encode()
    sender = Direction.FROM_ENGINE if engine else Direction.FROM_WORKER
    return Message(float(at), 1, sender, False, data)


def cited(kind: str, function_id: str) -> EvidenceFrame:
    text = json.dumps({"type": kind, "function_id": function_id})
    return EvidenceFrame(1.0, 1, "worker", text, True)


TALK: list[Event] = [
    message(0, "registerfunction", "a"),
    message(1, "registerfunction", "b"),
    message(2, "registerfunction", "c"),
    message(3, "invokefunction", "a", engine=True),
    message(4, "invocationresult", "a"),
    message(5, "invokefunction", "b", engine=True),
    message(6, "invocationresult", "b"),
]


def shown(*broken: EvidenceFrame) -> tuple[list[float], list[float]]:
    frames = counterpart(broken, TALK)
    return [f.at for f in frames], [f.at for f in frames if f.cited]


def test_messages_of_the_same_kind_about_the_same_are_shown_with_those_around_them() -> None:
    assert shown(cited("invocationresult", "a")) == ([1, 2, 3, 4, 5], [4])


def test_where_none_is_about_the_same_one_of_the_type_will_do() -> None:
    assert shown(cited("invocationresult", "z"))[1] == [4, 6]


def test_what_is_no_message_has_no_counterpart() -> None:
    ended = EvidenceFrame(1.0, 1, "", "ended", True)

    assert shown(ended, cited("ping", "")) == ([], [])
