"""Messages as parts of steps: what is sent, and what is expected in place of a message."""

from __future__ import annotations

import base64
from typing import Any

from conformance.scenarios.recording.generalise import Generaliser
from conformance.scenarios.recording.plain import is_plain
from mock_engine.transcript import NOT_JSON, Message


def sent(message: Message, general: Generaliser) -> dict[str, Any]:
    """What sends a message of the engine; one that no value stands for is kept as it is."""
    if isinstance(message.json, dict) and not message.binary and is_plain(message.data):
        return {"engine": general.sent(message.json)}
    opcode = {"opcode": "binary"} if message.binary else {}
    try:
        return {"engine-frame": {**opcode, "text": general.sent_text(message.data.decode())}}
    except UnicodeDecodeError:
        return {"engine-frame": {**opcode, "base64": _base64(message)}}


def expected(message: Message, general: Generaliser, *, whole: bool) -> dict[str, Any]:
    """The expectation for a message; one that is not JSON is recognised by its frame.

    ``whole`` is whether it came in one frame.
    """
    if message.json is not NOT_JSON:
        return {"worker": general.expected(message.json)}
    if not whole:
        return {"worker": {"$absent": True}}
    opcode = "binary" if message.binary else "text"
    try:
        text = general.expected_text(message.data.decode())
    except UnicodeDecodeError:
        return {"worker-frame": {"opcode": opcode, "base64": _base64(message)}}
    return {"worker-frame": {"opcode": opcode, "text": text}}


def _base64(message: Message) -> str:
    return base64.b64encode(message.data).decode()
