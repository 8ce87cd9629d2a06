"""A conversation as two columns, the worker's and the engine's, with times."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from conformance.judging.frames import Frame
from mock_engine.rendering import shorten

COLUMN = 38
"""Characters of each column."""

LONGEST = 4 * COLUMN
"""Characters of a message that are shown."""

NAMED = ("id", "trigger_type", "function_id", "invocation_id")
"""What tells a message from others of its type; it stands first, without its key."""

UNTOLD = ("description", "request_format", "response_format", "traceparent", "baggage")
"""What a conversation is not about; the transcript has it."""


def columns(frames: Iterable[Frame]) -> list[str]:
    """The lines of a conversation; what belongs to neither side stands between the columns."""
    lines = [f"{'time':>9}  {'worker':<{COLUMN}}     engine"]
    for told in frames:
        lines += _row(told)
    return lines


def _row(told: Frame) -> list[str]:
    time = f"{told['at']:8.3f}s"
    number = f"#{told['connection']} " if told["connection"] else ""
    if not told["sender"]:
        return [f"{time:>9}  {number}{told['text']}"]
    text = number + shorten(_compact(told["text"]), LONGEST)
    rows = []
    for index, part in enumerate(textwrap.wrap(text, COLUMN)):
        left, arrow, right = part, "─→", ""
        if told["sender"] == "engine":
            left, arrow, right = "", "←─", part
        if index:
            time, arrow = "", "  "
        rows.append(f"{time:>9}  {left:<{COLUMN}} {arrow}  {right}".rstrip())
    return rows


def _compact(text: str) -> str:
    """A message with its type and its names first; any other text as it is."""
    try:
        told: Any = json.loads(text)
    except ValueError:
        return text
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        return text
    names = [str(told[key]) for key in NAMED if isinstance(told.get(key), str)]
    rest = {k: v for k, v in told.items() if k not in (*NAMED, *UNTOLD, "type")}
    shown = json.dumps(rest, ensure_ascii=False) if rest else ""
    return " ".join([told["type"], *names, shown]).rstrip()
