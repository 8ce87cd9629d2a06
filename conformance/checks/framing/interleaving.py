"""Two writers on one connection: the bytes of one frame in the middle of another.

A frame is a head and a masked payload. Threads that share a socket without a lock write a head
between another's head and payload, or a whole frame into a long payload. A reader then sees a
frame that breaks off as text, or one that begins with a head and goes on with a message.
"""

from __future__ import annotations

from collections.abc import Sequence

from websockets.frames import Opcode

from mock_engine.transcript import Direction, Event, FrameSeen

HEADS = (6, 8, 14)
"""How long the head of a masked frame is: RFC 6455, section 5.2."""

BEGINS = b'{"'
LAST = 2
"""Frames before the end of the connection that are examined."""

LOOKED_AT = 24
"""Bytes of a message that are enough to recognise it."""


def interleaved(events: Sequence[Event]) -> str | None:
    """Evidence, in the events of one connection, that frames of a worker are interleaved."""
    texts = [
        event.data
        for event in events
        if isinstance(event, FrameSeen)
        and event.direction is Direction.FROM_WORKER
        and event.opcode in (Opcode.TEXT, Opcode.CONT)
    ]
    # What follows such a frame is noise, which may look like another frame before it breaks off.
    for data in reversed(texts[-LAST:]):
        if found := _breaks_off(data) or _begins_with_a_head(data):
            return found
    return None


def _breaks_off(data: bytes) -> str | None:
    try:
        data.decode()
    except UnicodeDecodeError as fault:
        if data.startswith(BEGINS) and fault.start >= LOOKED_AT:
            return f"its last frame is text for {fault.start} bytes, and then none"
    return None


def _begins_with_a_head(data: bytes) -> str | None:
    """A message behind ``head`` bytes was masked with the same key, rotated by as many places.

    The key has four bytes, so a message behind six or fourteen bytes comes out masked with a key of
    two bytes, which its first two bytes give away; behind eight it comes out unmasked.
    """
    for head in HEADS:
        behind = data[head : head + LOOKED_AT]
        if len(behind) < LOOKED_AT:
            continue
        key = [behind[0] ^ BEGINS[0], behind[1] ^ BEGINS[1]]
        text = bytes(byte ^ key[place % 2] for place, byte in enumerate(behind))
        if text.isascii() and text.decode().isprintable() and b'":' in text:
            return f"its last frame begins with the head of another one, before {text.decode()}…"
    return None
