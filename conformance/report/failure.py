"""The full account of one verdict: rule, source, expected, seen, frames, log, and what to try."""

from __future__ import annotations

import textwrap

from conformance.judging.entry import SCENARIO, Entry
from conformance.judging.frames import lines
from conformance.report.columns import columns
from conformance.requirements.verdict import Outcome

WIDTH = 98


def account(told: Entry) -> str:
    """What a person needs to understand a broken requirement, as plain text."""
    if told["outcome"] == Outcome.FIXED.value:
        return f"{told['id']}: {told['reason']}"
    evidence = told["evidence"]
    parts = [
        f"{told['id']} {told['level']}: {told['sentence']}",
        _line("source", told["source"]),
        _line("expected", evidence["expected"]),
        _line("seen", evidence["seen"]),
        _block("the differences", evidence.get("differences", [])),
        _block("the conversation", _conversation(told)),
        _block("the worker's last output", evidence["log"]),
        _line("next", evidence["remedy"]),
        _line("known as", ", ".join(told["bugs"])),
        f"  again:     {told['command']}" if told["command"] else "",
    ]
    return "\n".join(part for part in parts if part)


def _conversation(told: Entry) -> list[str]:
    """The frames: one side beside the other where it is the conversation that was judged."""
    frames = told["evidence"]["frames"]
    return columns(frames) if told["kind"] == SCENARIO else lines(frames)


def _line(name: str, text: str) -> str:
    if not text:
        return ""
    return textwrap.fill(
        text, WIDTH, initial_indent=f"  {name + ':':10} ", subsequent_indent=" " * 13
    )


def _block(title: str, body: list[str]) -> str:
    shown = [f"    {line}" for line in body]
    return "\n".join([f"  {title}:", *shown]) if shown else ""
