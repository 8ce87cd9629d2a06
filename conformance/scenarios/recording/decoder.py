"""Decodes the bytes of a proxied connection. It only reads; nothing is sent because of it.

Each direction has a reader of its own: an HTTP head first, frames after the upgrade. A compressed
message is decompressed (RFC 7692). Data that cannot be read is reported once, and that direction is
read no further; the bytes are forwarded all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.headers import parse_extension
from websockets.streams import StreamReader

from mock_engine.transcript import (
    Answered,
    Direction,
    Event,
    FrameSeen,
    Message,
    Request,
    Requested,
)

HEAD_END = b"\r\n\r\n"
SWITCHING = 101
BITS = 15
"""The window of a compressor if none was negotiated (RFC 7692, section 7.1.2)."""

Tell = Callable[[Callable[[float], Event]], None]
"""Passes on an event, given a function that makes it from the time."""


class Decoder:
    """Reads both directions of one connection. ``closing`` is who sent a close frame first."""

    def __init__(self, number: int, tell: Tell, unreadable: Callable[[str], None]) -> None:
        self.number = number
        self._tell = tell
        self._unreadable = unreadable
        self._sides = {direction: Side(self, direction) for direction in Direction}
        self.closing: Direction | None = None

    def feed(self, direction: Direction, data: bytes) -> None:
        """Take bytes that passed in one direction."""
        side = self._sides[direction]
        try:
            side.feed(data)
        except (ProtocolError, PayloadTooBig, UnicodeDecodeError, ValueError, IndexError) as fault:
            side.give_up()
            self._unreadable(f"connection #{self.number}, {direction.value}: {fault}")

    def head(self, direction: Direction, head: bytes) -> None:
        """The head of a request or an answer passed."""
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple(
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(":") for line in lines if line)
        )
        if direction is Direction.FROM_WORKER:
            method, target, *_ = first.split(" ")
            request = Request(method, target, headers)
            self.tell(lambda at: Requested(at, self.number, request))
            return
        status = int(first.split(" ")[1])
        self.tell(lambda at: Answered(at, self.number, status))
        if status == SWITCHING:
            self._upgrade(headers)
        else:
            for side in self._sides.values():
                side.give_up()

    def _upgrade(self, headers: tuple[tuple[str, str], ...]) -> None:
        agreed = [value for name, value in headers if name == "sec-websocket-extensions"]
        for direction, side in self._sides.items():
            side.upgrade(_extensions(agreed, direction))

    def tell(self, make: Callable[[float], Event]) -> None:
        """Pass on an event."""
        self._tell(make)


class Side:
    """Reads one direction."""

    def __init__(self, decoder: Decoder, direction: Direction) -> None:
        self._decoder = decoder
        self._direction = direction
        self._head = bytearray()
        self._reader = StreamReader()
        self._parser: Generator[None, None, Frame] | None = None
        self._extensions: list[Extension] = []
        self._blind = False
        self._parts: list[Frame] = []

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        if self._blind:
            return
        if self._parser is not None:
            self._frames(data)
            return
        self._head += data
        end = self._head.find(HEAD_END)
        if end >= 0:
            head, rest = bytes(self._head[:end]), bytes(self._head[end + len(HEAD_END) :])
            self._head = bytearray(rest)
            self._decoder.head(self._direction, head)

    def upgrade(self, extensions: list[Extension]) -> None:
        """From here on the bytes are frames; some may have arrived already."""
        self._extensions = extensions
        self._parser = self._next()
        early, self._head = bytes(self._head), bytearray()
        if early:
            self._frames(early)

    def give_up(self) -> None:
        """Read no further."""
        self._blind = True

    def _next(self) -> Generator[None, None, Frame]:
        masked = self._direction is Direction.FROM_WORKER
        return Frame.parse(self._reader.read_exact, mask=masked, extensions=self._extensions)

    def _frames(self, data: bytes) -> None:
        self._reader.feed_data(data)
        while self._parser is not None:
            try:
                next(self._parser)
            except StopIteration as complete:
                self._parser = self._next()
                self._take(complete.value)
            else:
                return

    def _take(self, frame: Frame) -> None:
        number, direction, data = self._decoder.number, self._direction, bytes(frame.data)
        self._decoder.tell(
            lambda at: FrameSeen(at, number, direction, frame.opcode, frame.fin, data)
        )
        if frame.opcode is Opcode.CLOSE and self._decoder.closing is None:
            self._decoder.closing = direction
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        self._parts.append(frame)
        if frame.fin:
            parts, self._parts = self._parts, []
            whole = b"".join(bytes(part.data) for part in parts)
            binary = parts[0].opcode is Opcode.BINARY
            self._decoder.tell(lambda at: Message(at, number, direction, binary, whole))


def _extensions(agreed: list[str], direction: Direction) -> list[Extension]:
    """The decompressor of a direction, if compression was negotiated."""
    found = [each for value in agreed for each in parse_extension(value)]
    for name, parameters in found:
        if name == "permessage-deflate":
            own = "client" if direction is Direction.FROM_WORKER else "server"
            settings = dict(parameters)
            bits = int(settings.get(f"{own}_max_window_bits") or BITS)
            alone = f"{own}_no_context_takeover" in settings
            return [PerMessageDeflate(alone, False, bits, BITS)]
    return []
