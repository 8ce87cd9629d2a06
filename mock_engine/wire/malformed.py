"""Frames that break RFC 6455 or carry an invalid message, made from valid ones."""

from __future__ import annotations

from msgspec.structs import replace
from websockets.frames import Frame as ClientFrame
from websockets.frames import Opcode

from mock_engine.faults.schedule import Defect
from mock_engine.wire.frames import Frame

NO_UTF8 = b"\xff"
RESERVED_BIT = 0b100
OPCODE = 0x0F
RESERVED_OPCODE = 0x03


def malformed(frame: Frame, defect: Defect) -> bytes:
    """The bytes of ``frame`` with a defect."""
    data = frame.data
    match defect:
        case "not-json":
            return replace(frame, data=data[: len(data) // 2]).serialize()
        case "not-utf8":
            text = data[:1] + NO_UTF8 + data[1:]
            return replace(frame, opcode=Opcode.TEXT, data=text).serialize()
        case "masked":
            return ClientFrame(frame.opcode, data, frame.fin).serialize(mask=True)
        case "long-ping":
            return Frame(Opcode.PING, b"x" * 200).serialize() + frame.serialize()
        case "unfinished":
            return replace(frame, fin=False).serialize() + frame.serialize()
        case "reserved-bit":
            return replace(frame, reserved=RESERVED_BIT).serialize()
    good = bytearray(frame.serialize())
    good[0] = good[0] & ~OPCODE | RESERVED_OPCODE
    return bytes(good)


def fragments(frame: Frame, size: int) -> list[Frame]:
    """The message of ``frame`` in fragments of ``size`` bytes."""
    data = frame.data
    parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    return [
        Frame(Opcode.CONT if index else frame.opcode, part, fin=index == len(parts) - 1)
        for index, part in enumerate(parts)
    ]
