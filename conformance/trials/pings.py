"""The answers to WebSocket pings."""

from __future__ import annotations

from collections.abc import Iterable

from websockets.frames import Opcode

from mock_engine.transcript import Direction, Event, FrameSeen


def pongs(events: Iterable[Event], number: int, payload: bytes) -> list[FrameSeen]:
    """The pongs with ``payload`` that came on a connection."""
    return [
        e
        for e in events
        if isinstance(e, FrameSeen)
        and e.connection == number
        and e.direction is Direction.FROM_WORKER
        and e.opcode is Opcode.PONG
        and e.data == payload
    ]
