from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from websockets.frames import Opcode

from conformance.scenarios.reading import parse
from conformance.scenarios.recording.compose import compose
from conformance.scenarios.recording.offwire import Exited, Lost, Signalled
from conformance.scenarios.recording.writing import write
from conformance.scenarios.steps import Expect
from mock_engine.transcript import (
    Accepted,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
    Request,
    Requested,
)

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
WORKER, ENGINE = Direction.FROM_WORKER, Direction.FROM_ENGINE
ANNOUNCED = {
    "type": "invokefunction",
    "function_id": "engine::workers::register",
    "data": {"runtime": "x"},
    "action": {"type": "void"},
}


class Conversation:
    """Events, a tenth of a second apart unless time is advanced explicitly."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.at = 0.0
        self.number = 0

    def connects(self) -> None:
        self.number += 1
        self._add(Accepted(self.at, self.number, 1))
        self._add(Requested(self.at, self.number, Request("GET", "/", ())))
        self.says({"type": "registerfunction", "id": "a"})
        self.says(ANNOUNCED)

    def says(self, what: Any, *, parts: int = 1) -> None:
        self._message(WORKER, what, parts)

    def hears(self, what: Any) -> None:
        self._message(ENGINE, what, 1)

    def closes(self, code: int) -> None:
        data = code.to_bytes(2, "big")
        self._add(FrameSeen(self.at, self.number, WORKER, Opcode.CLOSE, True, data))

    def ends(self, ending: Ending, detail: str = "") -> None:
        self._add(Ended(self.at, self.number, ending, detail))

    def loses(self, text: str) -> None:
        self._add(Lost(self.at, self.number, ENGINE, text))

    def exits(self, code: int) -> None:
        self._add(Exited(self.at, 0, code))

    def signalled(self) -> None:
        self._add(Signalled(self.at, 0, "SIGTERM"))

    def _message(self, direction: Direction, what: Any, parts: int) -> None:
        data = (what if isinstance(what, str) else json.dumps(what)).encode()
        for part in range(parts):
            opcode = Opcode.CONT if part else Opcode.TEXT
            last = part == parts - 1
            self._add(FrameSeen(self.at, self.number, direction, opcode, last, data[part::parts]))
        self._add(Message(self.at, self.number, direction, False, data))

    def _add(self, event: Event) -> None:
        self.events.append(event)
        self.at += 0.01

    def steps(self) -> list[dict[str, Any]]:
        """The steps after the worker has connected; the whole can be read as a scenario."""
        made = compose(self.events, name="n", title="t", source="s")
        parse(write(made), "a.yaml")
        found = list(made["steps"])
        assert [next(iter(step)) for step in found[:2]] == ["start", "connects"]
        assert "unordered" in found[2]
        return found[3:]


@pytest.fixture
def talk() -> Conversation:
    made = Conversation()
    made.connects()
    return made


def kinds(steps: Iterable[dict[str, Any]]) -> list[str]:
    return [next(iter(step)) for step in steps]


@pytest.mark.parametrize("data", ["NaN", "1e400", '{"a": 1, "a": 2}', "-0", "[" * 99 + "]" * 99])
def test_a_frame_that_no_value_stands_for_is_kept_letter_by_letter(
    talk: Conversation, data: str
) -> None:
    text = f'{{"type": "invokefunction", "invocation_id": "{ID}", "data": {data}}}'
    talk.hears(text)
    talk.says({"type": "invocationresult", "invocation_id": ID, "result": 1})

    sent, expected = talk.steps()

    assert sent == {"engine-frame": {"text": text}, "to": "c1"}
    assert expected["worker"]["invocation_id"] == ID


def test_an_id_that_is_known_gets_its_name_in_such_a_frame_too(talk: Conversation) -> None:
    talk.hears({"type": "invokefunction", "invocation_id": ID, "function_id": "a"})
    talk.hears(f'{{"again": "{ID}", "a": NaN}}')

    _, sent = talk.steps()

    assert sent["engine-frame"]["text"] == '{"again": "${id1}", "a": NaN}'


def test_what_looks_like_a_name_in_such_a_frame_is_none(talk: Conversation) -> None:
    talk.hears("${HOME} {")

    (sent,) = talk.steps()

    assert sent["engine-frame"]["text"] == {"$literal": "${HOME} {"}


def fits(talk: Conversation, text: str) -> bool:
    """Whether a text frame of a worker matches the last step."""
    made = compose(talk.events, name="n", title="t", source="s")
    last = parse(write(made), "a.yaml").steps[-1]
    assert isinstance(last, Expect)
    return last.wanted[-1].pattern.fits({"opcode": "text", "fin": True, "text": text}, {})


def test_an_answer_that_is_no_json_is_known_by_its_fields(talk: Conversation) -> None:
    talk.hears(f'{{"type": "invokefunction", "invocation_id": "{ID}", "data": NaN}}')
    talk.says(f'{{"invocation_id":"{ID}","result":[NaN, {{"a": "}}"}}],"type":"x"}}')

    assert fits(talk, f'{{"type": "x", "invocation_id": "{ID}", "result": [NaN, {{"a": "}}"}}]}}')
    assert fits(
        talk, f'{{"invocation_id":"{ID}","result":[NaN, {{"a": "}}"}}],"type":"x","more":{{}}}}'
    )
    assert not fits(talk, f'{{"invocation_id":"{ID}","result":[1, {{"a": "}}"}}],"type":"x"}}')
    assert not fits(talk, f'{{"invocation_id":"{ID}","result":[NaN, {{"a": "}}"}}]}}')
    other = ID.replace("3", "4")
    assert not fits(talk, f'{{"invocation_id":"{other}","result":[NaN, {{"a": "}}"}}],"type":"x"}}')


def test_what_another_run_says_differently_is_general_in_such_an_answer(
    talk: Conversation,
) -> None:
    talk.says(f'{{"result": NaN, "id": "{ID}", "traceparent": "00-{"ab" * 16}-{"cd" * 8}-01"}}')
    other = f'"id": "{ID.replace("3", "4")}", "traceparent": "00-{"12" * 16}-{"34" * 8}-01"}}'

    assert fits(talk, f'{{"result": NaN, {other}')
    assert not fits(talk, f'{{"result": 1, {other}')


def test_a_text_without_fields_is_known_as_a_whole(talk: Conversation) -> None:
    talk.says("${HOME} of 2026-11-25T21:00:00Z {")

    assert fits(talk, "${HOME} of 2027-01-01T00:00:00Z {")
    assert not fits(talk, "${HOME} of 2027-01-01T00:00:00Z {}")


def test_an_answer_in_fragments_that_is_no_json_is_only_expected_to_be_none(
    talk: Conversation,
) -> None:
    talk.hears({"type": "x"})
    talk.says("NaN,", parts=2)

    assert talk.steps()[1] == {"worker": {"$absent": True}, "from": "c1"}


def test_a_number_beyond_doubles_is_expected_to_be_large(talk: Conversation) -> None:
    talk.hears({"type": "x"})
    talk.says('{"type": "y", "up": 1e400, "down": -1e400}')

    expected = talk.steps()[1]["worker"]

    assert expected["up"] == {"$min": pytest.approx(1.797e308, rel=1e-3)}
    assert expected["down"] == {"$max": pytest.approx(-1.797e308, rel=1e-3)}


def test_fractions_that_nobody_sent_were_measured(talk: Conversation) -> None:
    talk.hears({"type": "x", "a": 0.125})
    talk.says({"type": "y", "heard": 0.125, "price": 19.98, "after": 0.002})

    expected = talk.steps()[1]["worker"]

    assert (expected["heard"], expected["price"]) == (0.125, 19.98)
    assert expected["after"] == {"$type": "number"}


def test_the_order_of_baggage_means_nothing(talk: Conversation) -> None:
    talk.hears({"type": "x"})
    talk.says({"type": "y", "baggage": "k=v,user=alice"})

    made = compose(talk.events, name="n", title="t", source="s")
    step = parse(write(made), "a.yaml").steps[-1]
    assert isinstance(step, Expect)
    (wanted,) = step.wanted

    assert wanted.pattern.fits({"type": "y", "baggage": "user=alice,k=v"}, {})
    assert not wanted.pattern.fits({"type": "y", "baggage": "user=alice"}, {})


def test_a_greeting_is_sent_where_it_was_sent(talk: Conversation) -> None:
    talk.hears({"type": "workerregistered", "worker_id": ID})
    talk.hears({"type": "workerregistered"})

    assert [step["engine"]["type"] for step in talk.steps()] == ["workerregistered"] * 2


def test_an_answer_is_in_no_order_while_another_is_due(talk: Conversation) -> None:
    other = ID.replace("3", "4")
    for each in (ID, other):
        talk.hears({"type": "invokefunction", "invocation_id": each, "function_id": "a"})
    talk.says({"type": "invocationresult", "invocation_id": ID})
    talk.hears({"type": "x"})
    talk.says({"type": "invocationresult", "invocation_id": other})
    talk.hears({"type": "x"})

    assert kinds(talk.steps()) == ["engine", "engine", "unordered", "engine", "worker", "engine"]


def test_the_engine_waits_before_it_cuts_off_what_it_just_sent(talk: Conversation) -> None:
    talk.hears({"type": "x"})
    talk.at += 0.5
    talk.ends(Ending.BY_ENGINE, "TCP reset")

    steps = talk.steps()

    assert kinds(steps) == ["engine", "pause", "fault"]
    assert steps[1]["pause"] == pytest.approx(0.5)


def test_a_worker_that_was_killed_and_came_again_is_killed_and_started(talk: Conversation) -> None:
    talk.ends(Ending.EOF)
    talk.exits(-9)
    talk.connects()
    talk.signalled()
    talk.ends(Ending.EOF)
    talk.exits(0)

    steps = talk.steps()

    assert kinds(steps[:4]) == ["signal", "exit", "start", "connects"]
    assert (steps[0], steps[1]) == ({"signal": "KILL"}, {"exit": -9})
    assert kinds(steps[5:]) == ["signal", "leaves", "exit"]


def test_what_ended_for_a_reason_that_is_lost_is_killed(talk: Conversation) -> None:
    talk.loses('{"a": [[[')
    talk.ends(Ending.EOF)
    talk.exits(1)
    talk.connects()

    steps = talk.steps()

    assert steps[:2] == [{"signal": "KILL"}, {"exit": -9}]


def test_a_worker_that_is_killed_at_the_end_is_left_running(talk: Conversation) -> None:
    talk.hears({"type": "x"})
    talk.ends(Ending.EOF)
    talk.exits(-9)

    assert kinds(talk.steps()) == ["engine"]


def announced_by(talk: Conversation, pid: int) -> None:
    talk.number += 1
    talk.says({**ANNOUNCED, "data": {"runtime": "x", "pid": pid}})


@pytest.mark.parametrize(
    ("ending", "detail", "goodbye", "expected"),
    [
        (Ending.CLOSE_FRAME, "", True, ["signal", "leaves", "exit", "start"]),
        (Ending.EOF, "", False, ["signal", "leaves", "exit", "start"]),
        (Ending.BY_ENGINE, "TCP reset", False, ["fault", "signal", "exit", "start"]),
    ],
)
def test_another_process_is_started_where_one_came(
    ending: Ending, detail: str, goodbye: bool, expected: list[str]
) -> None:
    talk = Conversation()
    announced_by(talk, 1)
    if goodbye:
        talk.closes(1000)
    talk.ends(ending, detail)
    announced_by(talk, 2)
    talk.closes(1000)  # it is not known how this one was stopped

    made = compose(talk.events, name="n", title="t", source="s")
    steps = made["steps"][3:]

    assert parse(write(made), "a.yaml")
    assert kinds(steps) == [*expected, "connects", "worker"]
    signal = next(step["signal"] for step in steps if "signal" in step)
    assert signal == ("TERM" if goodbye else "KILL")
    assert {"exit": {}} in steps


def test_a_process_that_reconnects_is_the_same() -> None:
    talk = Conversation()
    announced_by(talk, 1)
    talk.ends(Ending.EOF)
    announced_by(talk, 1)

    made = compose(talk.events, name="n", title="t", source="s")

    assert "exit" not in kinds(made["steps"])


def test_processes_side_by_side_do_not_replace_each_other() -> None:
    talk = Conversation()
    announced_by(talk, 1)
    announced_by(talk, 2)
    talk.number = 1
    talk.ends(Ending.EOF)

    made = compose(talk.events, name="n", title="t", source="s")

    assert "exit" not in kinds(made["steps"])
