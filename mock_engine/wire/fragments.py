"""Messages that arrive in several frames (RFC 6455, section 5.4)."""

from __future__ import annotations

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Opcode

from mock_engine.wire.frames import BINARY, CONT, Frame


class Fragments:
    """Joins the frames of a message, which may have at most ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._data = bytearray()
        self.begun: Opcode | None = None

    def join(self, frame: Frame) -> tuple[bytes, bool] | None:
        """Add a data frame; return the message and whether it is binary, once it is complete.

        Raises:
            ProtocolError: the frame continues nothing, or begins a message within another.
            PayloadTooBig: the message is too large.
        """
        if (frame.opcode is CONT) == (self.begun is None):
            raise ProtocolError("a continuation frame is missing or has nothing to continue")
        self.begun = self.begun or frame.opcode
        self._data += frame.data
        if len(self._data) > self._most:
            raise PayloadTooBig(len(self._data), self._most)
        if not frame.fin:
            return None
        whole, binary = bytes(self._data), self.begun is BINARY
        self._data, self.begun = bytearray(), None
        return whole, binary
