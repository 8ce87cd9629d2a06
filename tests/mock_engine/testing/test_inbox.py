"""Messages, taken one after the other."""

from __future__ import annotations

import json
from typing import Any

from mock_engine.testing.inbox import Inbox
from mock_engine.transcript import Direction, Message, Transcript


def heard(*messages: Any, direction: Direction = Direction.FROM_WORKER) -> Inbox:
    transcript = Transcript()
    for number, message in enumerate(messages, 1):
        transcript.add(Message(0.0, number, direction, False, json.dumps(message).encode()))
    return Inbox(transcript)


def test_no_message_is_taken_twice() -> None:
    inbox = heard({"type": "a", "n": 1}, {"type": "a", "n": 2})

    assert [inbox.take("a", None, {}) for _ in range(3)] == [
        {"type": "a", "n": 1},
        {"type": "a", "n": 2},
        None,
    ]


def test_a_mapping_may_leave_out_what_does_not_matter() -> None:
    inbox = heard({"type": "a", "data": {"x": 1, "y": 2}}, {"type": "a", "data": 5})

    assert inbox.take("a", None, {"data": {"x": 2}}) is None
    assert inbox.take("a", None, {"data": {"y": 2}}) is not None
    assert inbox.take("a", 2, {"data": 5}) is not None


def test_what_the_engine_said_is_not_taken() -> None:
    assert heard({"type": "a"}, direction=Direction.FROM_ENGINE).take("a", None, {}) is None
