"""Events as lines."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from mock_engine.rendering import as_json, bytes_text, counted, line, lines, shorten
from mock_engine.transcript import (
    Accepted,
    Answered,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
)

WORKER = Direction.FROM_WORKER


def test_a_message_is_told_once_and_not_by_its_frame() -> None:
    events: list[Event] = [
        FrameSeen(1.0, 1, WORKER, Opcode.TEXT, True, b"hi"),
        Message(1.0, 1, WORKER, False, b"hi"),
    ]

    assert lines(events) == ["    1.000 s  #1  worker → engine  hi"]


def test_every_other_event_has_its_words() -> None:
    events: list[Event] = [
        Accepted(0.0, 1, 80),
        Answered(0.0, 1, 101),
        Answered(0.0, 1, 404),
        FrameSeen(0.0, 1, WORKER, Opcode.CLOSE, True, b"\x03\xe8"),
        FrameSeen(0.0, 1, WORKER, Opcode.PING, True, b"x"),
        Ended(0.0, 1, Ending.RESET, "by peer"),
    ]

    assert [(line(event) or "").split("#1  ")[1] for event in events] == [
        "TCP connection accepted on port 80",
        "upgraded to a WebSocket",
        "answered with HTTP status 404",
        "worker → engine  close frame 1000",
        "worker → engine  ping x",
        "ended: TCP reset (by peer)",
    ]


def test_a_long_text_loses_its_middle() -> None:
    text = "a" * 300 + "b" * 300

    short = shorten(text, 130)

    assert short.startswith("a" * 50)
    assert short.endswith("b" * 50)
    assert "…500 characters…" in short
    assert shorten("short", 130) == "short"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ({"a": True}, '{"a": true}'),
        (b"tea", '"tea"'),
        (b"\xff", '"\\\\xff"'),
        (1.5, "1.5"),
        ({1, 2} - {1}, '"{2}"'),
    ],
)
def test_a_value_is_shown_as_json(value: object, text: str) -> None:
    assert as_json(value) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 findings"), (1, "1 finding"), (2, "2 findings")]
)
def test_things_are_counted_in_words(number: int, text: str) -> None:
    assert counted(number, "finding") == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("grüße".encode(), "grüße"),
        ("grüße".encode()[:5], "grü"),
        (b"*S\xcb\x1a", "2a53cb1a"),
        (b"a\nb", "610a62"),
        (b"\xff" * 8, "ff" * 8),
    ],
)
def test_bytes_are_text_or_digits(data: bytes, text: str) -> None:
    assert bytes_text(data) == text
