"""Operations on raw sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress

_LINGER_ZERO = struct.pack("ii", 1, 0)


def reset_on_close(transport: asyncio.Transport) -> None:
    """Make a connection end with a TCP reset when it is closed."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)


def cork(transport: asyncio.Transport) -> None:
    """Hold what is written from now on until the stream ends, where the system can (Linux).

    The peer then reads the last bytes and the end at once: it cannot act on the one before it knows
    of the other. The system holds them for 0.2 s at most (tcp(7), ``TCP_CORK``).
    """
    _set_cork(transport, 1)


def uncork(transport: asyncio.Transport) -> None:
    """Send what is held, and write at once again."""
    _set_cork(transport, 0)


def _set_cork(transport: asyncio.Transport, value: int) -> None:
    raw = transport.get_extra_info("socket")
    if raw is not None and sys.platform == "linux":
        with suppress(OSError):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, value)
