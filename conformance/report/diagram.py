"""A conversation as a sequence diagram: time runs down, one arrow per message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conformance.judging.frames import EvidenceFrame

LETTERS = 160
"""How many characters of a message are on its arrow; the rest is folded."""

NAMES = ("function_id", "trigger_type", "id", "worker_id")
"""The members that say what a message is about, the most telling first."""

CONTENTS = ("error", "result", "data", "config")
"""The members that carry the content of a message, the most telling first."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message, or an event of neither side, in a diagram.

    ``kind`` is the type of a message, ``about`` what it is about and ``brings`` its content in
    short. ``whole`` is all of it, one value per line, if there is more than that. ``at`` is in
    seconds since the engine began to listen.
    """

    at: float
    connection: int
    sender: str
    kind: str
    about: str
    brings: str
    whole: str
    cited: bool


def arrows(frames: Sequence[EvidenceFrame]) -> list[Arrow]:
    """The conversation, in the order in which it happened."""
    return [_arrow(frame) for frame in frames]


def _arrow(frame: EvidenceFrame) -> Arrow:
    message = _message(frame.text)
    if message is None:
        line = " ".join(frame.text.split())
        kind, about, brings = "", "", shortened(line)
        whole = frame.text if brings != frame.text else ""
    else:
        kind = message["type"]
        about = " ".join(dict.fromkeys(str(message[n]) for n in NAMES if message.get(n)))
        brings = shortened(_content(message))
        whole = json.dumps(message, indent=2, ensure_ascii=False)
    return Arrow(
        frame.at, frame.connection, frame.sender, kind, shortened(about), brings, whole, frame.cited
    )


def _message(text: str) -> dict[str, Any] | None:
    """A message of the protocol, or ``None`` for any other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("type"), str) else None


def _content(message: dict[str, Any]) -> str:
    """The one part of a message that says most about its content."""
    name = next((name for name in CONTENTS if name in message), None)
    return f"{name} {json.dumps(message[name], ensure_ascii=False)}" if name else ""


def shortened(text: str) -> str:
    """Text of at most ``LETTERS`` characters."""
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
