"""Frames of two writers on one connection are recognised by what a reader makes of them."""

from __future__ import annotations

import contextlib
import json
import random
import re

import pytest
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode

from conformance.checks.framing.interleaving import interleaved
from mock_engine.transcript import Direction, Event, FrameSeen
from mock_engine.wire.frames import FrameReader


def message(size: int) -> bytes:
    return json.dumps({"type": "invocationresult", "result": "x" * size}).encode()


def written(size: int) -> tuple[bytes, bytes]:
    """The head and the masked payload of a frame that a client sends."""
    data = message(size)
    frame = Frame(Opcode.TEXT, data).serialize(mask=True)
    return frame[: -len(data)], frame[-len(data) :]


def read(data: bytes) -> list[Event]:
    """The frames that a server reads, until the bytes are invalid."""
    events: list[Event] = []
    with contextlib.suppress(ProtocolError):
        events.extend(
            FrameSeen(0.0, 1, Direction.FROM_WORKER, frame.opcode, frame.fin, frame.data)
            for frame in FrameReader(1 << 24).read(data)
        )
    return events


@pytest.mark.parametrize("size", [20, 400, 70_000])
def test_a_head_between_head_and_payload(size: int) -> None:
    (first, payload), (second, other) = written(size), written(size)

    found = interleaved(read(first + second + payload + other))

    assert found is not None
    assert 'begins with the head of another one, before {"type": "' in found


def test_a_frame_in_the_midst_of_a_payload() -> None:
    (first, payload), other = written(70_000), b"".join(written(300))

    found = interleaved(read(first + payload[:4096] + other + payload[4096:]))

    match = re.fullmatch(r"its last frame is text for (\d+) bytes, and then none", found or "")
    assert match is not None
    assert 4096 <= int(match[1]) < 4096 + 100


@pytest.mark.parametrize("size", [20, 400, 70_000])
def test_whole_frames(size: int) -> None:
    assert interleaved(read(b"".join([*written(size), *written(size)]))) is None


def test_bytes_that_are_no_text_from_the_beginning_say_nothing() -> None:
    noise = random.Random(5).randbytes(200)
    assert interleaved([FrameSeen(0.0, 1, Direction.FROM_WORKER, Opcode.TEXT, True, noise)]) is None
