"""A conversation as two columns, the worker's and the engine's, with times."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from conformance.judging.frames import EvidenceFrame
from mock_engine.rendering import shorten

COLUMN = 38
"""Characters of each column."""

LONGEST = 4 * COLUMN
"""Characters of a message that are shown."""

NAMED = ("id", "trigger_type", "function_id", "invocation_id")
"""The members that distinguish a message from others of its type; they come first, without key."""

UNTOLD = ("description", "request_format", "response_format", "traceparent", "baggage")
"""Members that are left out of the columns; the transcript has them."""


def columns(frames: Iterable[EvidenceFrame]) -> list[str]:
    """The lines of a conversation; what belongs to neither side is between the columns."""
    lines = [f"{'time':>9}  {'worker':<{COLUMN}}     engine"]
    for frame in frames:
        lines += _row(frame)
    return lines


def _row(frame: EvidenceFrame) -> list[str]:
    time = f"{frame.at:8.3f}s"
    number = f"#{frame.connection} " if frame.connection else ""
    if not frame.sender:
        return [f"{time:>9}  {number}{frame.text}"]
    text = number + shorten(_compact(frame.text), LONGEST)
    rows = []
    for index, part in enumerate(textwrap.wrap(text, COLUMN)):
        left, arrow, right = part, "─→", ""
        if frame.sender == "engine":
            left, arrow, right = "", "←─", part
        if index:
            time, arrow = "", "  "
        rows.append(f"{time:>9}  {left:<{COLUMN}} {arrow}  {right}".rstrip())
    return rows


def _compact(text: str) -> str:
    """A message with its type and its names first; any other text unchanged."""
    try:
        message: Any = json.loads(text)
    except ValueError:
        return text
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return text
    names = [str(message[key]) for key in NAMED if isinstance(message.get(key), str)]
    rest = {k: v for k, v in message.items() if k not in (*NAMED, *UNTOLD, "type")}
    shown = json.dumps(rest, ensure_ascii=False) if rest else ""
    return " ".join([message["type"], *names, shown]).rstrip()
