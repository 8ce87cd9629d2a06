"""The record of what crossed the wire."""

from __future__ import annotations

import json

from websockets.frames import Opcode

from mock_engine.transcript import (
    NOT_JSON,
    Accepted,
    Direction,
    Event,
    FrameSeen,
    Message,
    Request,
    Transcript,
)

WORKER = Direction.FROM_WORKER


def test_listeners_get_each_event_even_if_none_is_kept() -> None:
    heard: list[Event] = []
    transcript = Transcript(keep=False)
    transcript.listeners.append(heard.append)

    transcript.add(Accepted(0.0, 1, 80))

    assert heard == [Accepted(0.0, 1, 80)]
    assert transcript.events == []


def test_time_begins_with_the_transcript() -> None:
    moments = iter([10.0, 12.5])

    assert Transcript(lambda: next(moments)).now() == 2.5


def test_json_lines_leave_out_what_the_frames_say() -> None:
    transcript = Transcript()
    transcript.add(FrameSeen(0.5, 1, WORKER, Opcode.TEXT, True, b"hi"))
    transcript.add(FrameSeen(0.5, 1, WORKER, Opcode.BINARY, True, b"\xff"))
    transcript.add(Message(0.5, 1, WORKER, False, b"hi"))

    text, binary = map(json.loads, transcript.ndjson())

    assert (text["event"], text["text"]) == ("frame", "hi")
    assert binary["base64"] == "/w=="


def test_what_python_reads_and_json_lacks_is_not_json() -> None:
    assert Message(0.0, 1, WORKER, False, b"NaN").json is NOT_JSON
    assert Message(0.0, 1, WORKER, False, b"\xef\xbb\xbf{}").json is NOT_JSON
    assert Message(0.0, 1, WORKER, True, "{}".encode("utf-16")).json is NOT_JSON
    assert Message(0.0, 1, WORKER, False, b"[" * 100_000).json is NOT_JSON
    assert Message(0.0, 1, WORKER, False, b'{"type":5}').type is None


def test_a_request_has_a_path_and_a_query() -> None:
    request = Request("GET", "http://there:1/a%20b?x=1", (("a", "1"), ("a", "2")))

    assert (request.path, request.query) == ("/a%20b", "x=1")
    assert request.header("A") == "2"
    assert request.header("b") is None


def test_json_lines_tell_of_close_frames_whose_code_or_reason_nobody_may_send() -> None:
    transcript = Transcript(lambda: 0.0)
    for data in ((1006).to_bytes(2) + b"gone", (1000).to_bytes(2) + b"\xff"):
        transcript.add(FrameSeen(0.0, 1, WORKER, Opcode.CLOSE, True, data))

    frames = [json.loads(line) for line in transcript.ndjson()]

    assert [(f["code"], f["reason"]) for f in frames] == [(1006, "gone"), (1000, "\\xff")]
