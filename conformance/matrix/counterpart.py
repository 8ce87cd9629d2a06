"""The conversation of a worker that keeps a requirement, to show beside one that breaks it.

A kept requirement needs little evidence, so a report has few frames of it. The transcript has them
all; this picks those of the same kind as the evidence against the other worker.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from conformance.judging.frames import EvidenceFrame, evidence_frame
from conformance.report.diagram import NAMES
from conformance.trials.conversation import is_telemetry
from mock_engine.transcript import Event, Message

BEFORE, AFTER = 3, 1
"""How many messages are shown around each that was found."""

MOST = 2
"""How many messages of a kind are shown: one, and a second if there is one."""

Key = tuple[str, str, str]
"""Who sent a message, its type, and what it is about."""


def counterpart(
    broken: Sequence[EvidenceFrame], events: Sequence[Event]
) -> tuple[EvidenceFrame, ...]:
    """The messages among ``events`` of the same kind as the cited ones, with those around them.

    If none is about the same function, one of the same type is used.
    """
    messages = [e for e in events if isinstance(e, Message) and not is_telemetry(e)]
    frames = [evidence_frame(message) for message in messages]
    keys = [key(frame) for frame in frames]
    found: set[int] = set()
    for wanted in dict.fromkeys(key(frame) for frame in broken if frame.cited):
        if wanted is not None:
            same = [n for n, each in enumerate(keys) if each == wanted]
            alike = [n for n, each in enumerate(keys) if each and each[:2] == wanted[:2]]
            found |= set((same or alike)[:MOST])
    shown = {n for at in found for n in range(at - BEFORE, at + AFTER + 1)}
    return tuple(
        replace(frame, cited=number in found)
        for number, frame in enumerate(frames)
        if number in shown
    )


def key(frame: EvidenceFrame) -> Key | None:
    """The kind of message that a frame is, ``None`` if it is not a message."""
    try:
        message: Any = json.loads(frame.text)
    except ValueError:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return None
    about = next((str(message[name]) for name in NAMES if message.get(name)), "")
    return frame.sender, message["type"], about
