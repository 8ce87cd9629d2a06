"""The conversation around the evidence of a verdict."""

from __future__ import annotations

from conformance.judging.frames import AFTER, BEFORE, LAST, MOST, conversation, line
from conformance.trials.baseline import Baseline
from conformance.trials.pace import Pace
from conformance.trials.trial import Record
from mock_engine.transcript import Direction, Ended, Ending, Event, Message


def message(at: int, connection: int = 1, *, ours: bool = False) -> Message:
    sender = Direction.FROM_ENGINE if ours else Direction.FROM_WORKER
    return Message(float(at), connection, sender, False, f'{{"n":{at}}}'.encode())


def record(*events: Event) -> Record[None]:
    return Record("t", None, events, Baseline(Pace()))


def test_what_happened_around_is_shown_of_the_same_connection() -> None:
    talk = [message(at, 1 + at % 2) for at in range(60)]

    frames = conversation([talk[30]], [record(message(99)), record(*talk)])

    assert [frame.at for frame in frames if frame.cited] == [30.0]
    assert {frame.connection for frame in frames} == {1}
    assert len(frames) == BEFORE + 1 + AFTER


def test_without_a_cited_event_the_last_messages_each_way_are_shown() -> None:
    talk = [message(at, ours=at % 2 == 0) for at in range(60)]

    frames = conversation([], [record(*talk)])

    assert [frame.at for frame in frames] == [float(at) for at in range(60 - 2 * LAST, 60)]
    assert conversation([], []) == ()


def test_what_is_cited_is_shown_even_if_it_is_of_no_record() -> None:
    assert len(conversation([message(1)], [])) == 1


def test_the_number_of_frames_is_bounded() -> None:
    talk = [message(at) for at in range(3 * MOST)]

    frames = conversation(talk, [record(*talk)])

    assert len(frames) == MOST
    assert all(frame.cited for frame in frames)


def test_a_line_says_when_where_who_and_what() -> None:
    ended = Ended(2.5, 7, Ending.EOF)

    frames = conversation([message(1, 7), ended], [])

    assert [line(frame).strip() for frame in frames] == [
        '1.000 s  #7  worker → engine  {"n":1}',
        "2.500 s  #7  ended: end of stream without a close frame",
    ]
