"""Operations on raw sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

_LINGER_ZERO = struct.pack("ii", 1, 0)


def reset_on_close(transport: asyncio.Transport) -> None:
    """Make a connection end with a TCP reset when it is closed."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
