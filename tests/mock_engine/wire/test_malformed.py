"""Broken frames, made from valid ones."""

from __future__ import annotations

from typing import get_args

import pytest
from websockets.exceptions import ProtocolError

from mock_engine.faults.schedule import Defect
from mock_engine.wire.frames import CONT, TEXT, Frame
from mock_engine.wire.malformed import fragments, malformed

GOOD = Frame(TEXT, b'{"type":"ping"}')


@pytest.mark.parametrize("defect", get_args(Defect))
def test_a_defect_changes_the_bytes(defect: Defect) -> None:
    assert malformed(GOOD, defect) != GOOD.serialize()


def test_a_masked_frame_has_its_mask_bit() -> None:
    assert malformed(GOOD, "masked")[1] & 0x80


def test_text_that_is_not_utf8_cannot_be_decoded() -> None:
    with pytest.raises(UnicodeDecodeError):
        malformed(GOOD, "not-utf8")[2:].decode()


@pytest.mark.parametrize("size", [1, 4, 15, 99])
def test_fragments_hold_the_whole_message(size: int) -> None:
    parts = fragments(GOOD, size)

    assert b"".join(part.data for part in parts) == GOOD.data
    assert [part.opcode for part in parts] == [TEXT, *[CONT] * (len(parts) - 1)]
    assert [part.fin for part in parts] == [*[False] * (len(parts) - 1), True]


def test_an_empty_message_is_one_empty_fragment() -> None:
    assert fragments(Frame(TEXT), 5) == [Frame(TEXT)]


def test_protocol_errors_are_what_readers_of_such_frames_raise() -> None:
    assert issubclass(ProtocolError, Exception)
