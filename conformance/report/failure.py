"""The full account of one verdict: rule, source, expected, seen, frames, log, and what to try."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from conformance.judging.entry import SCENARIO, Entry
from conformance.judging.frames import lines
from conformance.report.columns import columns
from conformance.requirements.verdict import Outcome

WIDTH = 98


def account(entry: Entry) -> str:
    """What a person needs to understand a broken requirement, as plain text."""
    if entry.outcome is Outcome.FIXED:
        return f"{entry.id}: {entry.reason}"
    evidence = entry.evidence
    parts = [
        f"{entry.id} {entry.level.value}: {entry.sentence}",
        _line("source", entry.source),
        _line("expected", evidence.expected),
        _line("seen", evidence.seen),
        _block("the differences", evidence.differences or ()),
        _block("the conversation", _conversation(entry)),
        _block("the last output", evidence.log),
        _line("next", evidence.remedy),
        _line("known as", ", ".join(entry.bugs)),
        f"  again:     {entry.command}" if entry.command else "",
    ]
    return "\n".join(part for part in parts if part)


def _conversation(entry: Entry) -> list[str]:
    """The frames, in two columns if the conversation itself was judged."""
    frames = entry.evidence.frames
    return columns(frames) if entry.kind == SCENARIO else lines(frames)


def _line(name: str, text: str) -> str:
    if not text:
        return ""
    return textwrap.fill(
        text, WIDTH, initial_indent=f"  {name + ':':10} ", subsequent_indent=" " * 13
    )


def _block(title: str, body: Sequence[str]) -> str:
    shown = [f"    {line}" for line in body]
    return "\n".join([f"  {title}:", *shown]) if shown else ""
