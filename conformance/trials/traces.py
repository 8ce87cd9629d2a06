"""The trace that a message belongs to, as ``traceparent`` names it (W3C Trace Context)."""

from __future__ import annotations

from mock_engine.transcript import Message

SPAN = "00f067aa0ba902b7"
"""The span of everything that the suite sends within a trace: nobody looks at it."""


def traceparent(trace: str) -> str:
    """The value that puts a message into a trace of 32 hexadecimal digits, which is sampled."""
    return f"00-{trace}-{SPAN}-01"


def trace_of(message: Message) -> str:
    """The id of the trace that a message belongs to; empty if it names none."""
    parts = str(message.json.get("traceparent")).split("-")
    return parts[1] if len(parts) == 4 else ""
