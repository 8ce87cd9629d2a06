"""Frames that break RFC 6455 or carry what is no message, made from good ones."""

from __future__ import annotations

from dataclasses import replace

from websockets.frames import Frame, Opcode

from mock_engine.faults.schedule import Defect

NO_UTF8 = b"\xff"
RESERVED_BIT = 0x40
OPCODE = 0x0F
RESERVED_OPCODE = 0x03


def malformed(frame: Frame, defect: Defect) -> bytes:
    """The bytes of ``frame`` with a defect."""
    data = bytes(frame.data)
    match defect:
        case "not-json":
            return replace(frame, data=data[: len(data) // 2]).serialize(mask=False)
        case "not-utf8":
            text = data[:1] + NO_UTF8 + data[1:]
            return replace(frame, opcode=Opcode.TEXT, data=text).serialize(mask=False)
        case "masked":
            return frame.serialize(mask=True)
        case "long-ping":
            return _ping(200) + frame.serialize(mask=False)
        case "unfinished":
            return replace(frame, fin=False).serialize(mask=False) + frame.serialize(mask=False)
    good = bytearray(frame.serialize(mask=False))
    if defect == "reserved-bit":
        good[0] |= RESERVED_BIT
    else:
        good[0] = good[0] & ~OPCODE | RESERVED_OPCODE
    return bytes(good)


def _ping(size: int) -> bytes:
    """A ping longer than a control frame may be; no library writes one."""
    whole = Frame(Opcode.BINARY, b"x" * size).serialize(mask=False)
    return bytes([0x80 | Opcode.PING]) + whole[1:]


def fragments(frame: Frame, size: int) -> list[Frame]:
    """The message of ``frame`` in fragments of ``size`` bytes."""
    data = bytes(frame.data)
    parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    return [
        Frame(Opcode.CONT if index else frame.opcode, part, fin=index == len(parts) - 1)
        for index, part in enumerate(parts)
    ]
