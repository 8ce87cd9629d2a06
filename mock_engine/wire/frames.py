"""WebSocket frames: parsing and serialising (RFC 6455, section 5).

Rules of this file:

* Input is checked as a server must: masked, no reserved bits (no extension is ever negotiated),
  known opcodes, control frames complete and small, and no more data than allowed.
* Output is not checked: a test may write any frame.
* A complete frame is read in place; only an incomplete one is buffered.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Opcode

try:
    from websockets.speedups import apply_mask
except ImportError:  # websockets was built without its C extension
    from websockets.utils import apply_mask

CONT, TEXT, BINARY = Opcode.CONT, Opcode.TEXT, Opcode.BINARY
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG

FINAL = 0x80
RESERVED = 0x70
CONTROL = 0x08
"""The bit that all opcodes of control frames have in common."""

MASKED = 0x80
LENGTH = 0x7F
TWO_BYTES, EIGHT_BYTES = 126, 127
"""Length values that mean that the length follows in two or in eight bytes."""

TEXT_FINAL, SMALLEST = 0x81, 8
"""The first byte of a complete text message, and the smallest input that ``texts`` looks at."""

_KINDS = {
    final | opcode: (opcode, bool(final))
    for final in (0, FINAL)
    for opcode in Opcode
    if final or not opcode & CONTROL
}
"""The valid first bytes of a frame, each with the opcode and whether it is final."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame, unmasked. ``reserved`` are the bits for extensions, 0 to 7.

    ``mask`` is the key with which a client masked it.
    """

    opcode: Opcode
    data: bytes = b""
    fin: bool = True
    reserved: int = 0
    mask: bytes = b""

    def serialize(self) -> bytes:
        """The bytes of the frame as a server sends it: without a mask."""
        first = self.opcode | (FINAL if self.fin else 0) | self.reserved << 4
        size = len(self.data)
        if size < TWO_BYTES:
            return b"%c%c%b" % (first, size, self.data)
        if size < 1 << 16:
            return struct.pack("!BBH", first, TWO_BYTES, size) + self.data
        return struct.pack("!BBQ", first, EIGHT_BYTES, size) + self.data


def text_frame(text: bytes) -> bytes:
    """The bytes of a complete text message, as ``Frame.serialize`` makes them."""
    size = len(text)
    if size < TWO_BYTES:
        return b"\x81%c%b" % (size, text)
    if size < 1 << 16:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), text)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), text)


class FrameReader:
    """Reads what a client sends. ``largest`` is the most bytes of data in one frame."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._incomplete = bytearray()
        self._wanted = 2

    def texts(self, data: bytes) -> tuple[list[bytes], bytes]:
        """The complete text messages of moderate size that ``data`` begins with, and the rest.

        Most chunks of a well-behaved peer consist of these and have no rest; ``read`` handles any
        other input.
        """
        found: list[bytes] = []
        if self._incomplete:
            return found, data
        at, end, largest = 0, len(data), self._largest
        while end - at >= SMALLEST and data[at] == TEXT_FINAL and data[at + 1] >= MASKED:
            length, start = data[at + 1] & LENGTH, at + 6
            if length == TWO_BYTES:
                length, start = data[at + 2] << 8 | data[at + 3], at + 8
            elif length == EIGHT_BYTES:
                break
            stop = start + length
            if stop > end or length > largest:
                break
            found.append(apply_mask(data[start:stop], data[start - 4 : start]))
            at = stop
        return found, data[at:]

    def read(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with ``data``.

        After iteration was stopped early, no further frames can be read.

        Raises:
            ProtocolError: the bytes break the protocol.
            PayloadTooBig: a frame is too large; raised as soon as its head has arrived.
        """
        if self._incomplete:
            self._incomplete += data
            if len(self._incomplete) < self._wanted:
                return
            data = bytes(self._incomplete)
            self._incomplete.clear()
        at, end, self._wanted = 0, len(data), 2
        while end - at >= 2:
            first, second = data[at], data[at + 1]
            if first not in _KINDS or second < MASKED:
                raise ProtocolError(_fault(first, second))
            length, start = second & LENGTH, at + 6
            if length >= TWO_BYTES:
                if first & CONTROL:
                    raise ProtocolError("a control frame has more than 125 bytes")
                start += 2 if length == TWO_BYTES else 8
                if end < start:
                    self._wanted = start - at
                    break
                length = int.from_bytes(data[at + 2 : start - 4], "big")
            if length > self._largest:
                raise PayloadTooBig(length, self._largest)
            stop = start + length
            if end < stop:
                self._wanted = stop - at
                break
            opcode, final = _KINDS[first]
            mask = data[start - 4 : start]
            yield Frame(opcode, apply_mask(data[start:stop], mask), final, mask=mask)
            at = stop
        self._incomplete += data[at:]


def _fault(first: int, second: int) -> str:
    """What is wrong with the first two bytes of a frame."""
    if first & RESERVED:
        return "a reserved bit is set, but no extension was agreed on"
    if first | FINAL not in _KINDS:
        return f"there is no opcode {first & 0x0F}"
    if first not in _KINDS:
        return "a control frame is fragmented"
    assert second < MASKED
    return "a frame of a client is not masked"
