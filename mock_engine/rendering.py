"""Events as lines for a person to read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from websockets.frames import Opcode

from mock_engine.transcript import (
    Accepted,
    Answered,
    Direction,
    Ended,
    Event,
    FaultInjected,
    FrameSeen,
    Message,
    Requested,
)

ARROWS = {Direction.FROM_WORKER: "worker → engine", Direction.FROM_ENGINE: "engine → worker"}
WIDTH = 240


def line(event: Event) -> str | None:
    """One line about ``event``: seconds, connection, who sent it, what happened.

    ``None`` for the frames of a text or binary message, which has a line of its own.
    """
    text = summary(event)
    if text is None:
        return None
    arrow = f"{ARROWS[event.direction]}  " if isinstance(event, (Message, FrameSeen)) else ""
    return f"{event.at:9.3f} s  #{event.connection}  {arrow}{text}"


def lines(events: Iterable[Event]) -> list[str]:
    """The lines of those events that have one."""
    return [text for event in events if (text := line(event)) is not None]


def shorten(text: str, width: int = WIDTH) -> str:
    """``text`` with its middle left out when it is longer than ``width`` characters."""
    if len(text) <= width:
        return text
    half = (width - 30) // 2
    return f"{text[:half]} …{len(text) - 2 * half} characters… {text[-half:]}"


def summary(event: Event, width: int = WIDTH) -> str | None:
    """What happened, in words; a payload takes about ``width`` characters.

    ``None`` as for ``line``.
    """
    match event:
        case Accepted(port=port):
            return f"TCP connection accepted on port {port}"
        case Requested(request=request):
            return f"{request.method} {request.target}"
        case Answered(status=101):
            return "upgraded to a WebSocket"
        case Answered(status=status):
            return f"answered with HTTP status {status}"
        case Message():
            return _payload(event, width)
        case FrameSeen():
            return _control_frame(event)
        case Ended(ending=ending, detail=detail):
            return f"ended: {ending.value}" + (f" ({detail})" if detail else "")
        case FaultInjected(fault=fault):
            return f"fault: {fault}"
    return None


def _payload(message: Message, width: int) -> str:
    if message.binary:
        shown = shorten(bytes_text(message.data[:width]), width)
        return f"binary, {len(message.data)} bytes: {shown}"
    text = shorten(message.data.decode("utf-8", "backslashreplace"), width)
    return text or "an empty text message"


def _control_frame(frame: FrameSeen) -> str | None:
    if frame.opcode is Opcode.CLOSE:
        code = "without a code" if frame.close_code is None else str(frame.close_code)
        return f"close frame {code}"
    if frame.opcode in (Opcode.PING, Opcode.PONG):
        return f"{frame.opcode.name.lower()} {bytes_text(frame.data)}".rstrip()
    return None


CUT_SHORT = "unexpected end of data"
"""Why a text cannot be decoded whose last character is not all there."""


def bytes_text(data: bytes) -> str:
    """Bytes as text where they are one that can be printed, or its beginning; else in digits.

    The digits are hexadecimal, two for each byte.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        if fault.reason != CUT_SHORT:
            return data.hex()
        text = data[: fault.start].decode()
    return text if text.isprintable() else data.hex()


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things in words, as in "1 finding" and "2 findings"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def as_json(value: Any) -> str:
    """A value as JSON, whatever its type; bytes are decoded to text."""
    plain = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    return json.dumps(plain, ensure_ascii=False, default=str)
