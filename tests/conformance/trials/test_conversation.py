"""What a transcript says about its workers."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from conformance.trials.conversation import Conversation
from mock_engine.transcript import Answered, Direction, Ended, Ending, Event, Message


class Talk:
    """Builds events from short calls."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def open(self, number: int) -> Talk:
        self.events.append(Answered(len(self.events), number, 101))
        return self

    def says(self, number: int, message: Any, *, binary: bool = False) -> Talk:
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        at = float(len(self.events))
        self.events.append(Message(at, number, Direction.FROM_WORKER, binary, data))
        return self

    def heard(self) -> Conversation:
        return Conversation(self.events)

    def end(self, number: int) -> Talk:
        self.events.append(Ended(len(self.events), number, Ending.EOF))
        return self


def test_a_worker_is_known_by_its_first_message_and_telemetry_by_its_prefix() -> None:
    talk = Talk().open(1).open(2).open(3)
    talk.says(1, b'OTLP{"a":1}', binary=True).says(3, {"type": "registerfunction", "id": "a::b"})

    assert talk.heard().workers == [3]
    assert talk.end(3).heard().live_workers == []


def test_a_mirror_is_no_worker() -> None:
    greeting = Message(0.0, 1, Direction.FROM_ENGINE, False, b'{"type":"workerregistered"}')
    talk = Talk()
    talk.events.append(greeting)

    assert talk.says(1, greeting.json).heard().workers == []
    assert talk.says(1, {"type": "registerfunction", "id": "a::b"}).heard().workers == [1]


def test_what_is_declared_counts_each_id_once_and_forgets_what_was_taken_back() -> None:
    talk = Talk().open(1)
    for function_id in ("a::b", "a::b", "a::c"):
        talk.says(1, {"type": "registerfunction", "id": function_id})
    talk.says(1, {"type": "unregisterfunction", "id": "a::c"})

    assert talk.heard().declared([1]) == Counter({("registerfunction", '"a::b"'): 1})
    assert talk.heard().declared([1], repeats=True) == Counter({("registerfunction", '"a::b"'): 2})


def test_a_trigger_is_known_by_what_it_binds() -> None:
    bound = {"type": "registertrigger", "trigger_type": "http", "function_id": "f", "config": {}}
    talk = Talk().says(1, bound | {"id": "x"}).says(2, bound | {"id": "y"})

    first, second = talk.heard().registrations

    assert first.identity == second.identity
