"""The full account of one verdict: rule, source, expected, seen, frames, log, and what to try."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from conformance.court import Verdict
from conformance.report.console import reason
from conformance.verdict import Outcome
from mock_engine.rendering import lines
from mock_engine.transcript import Direction, Event, Message

LAST_FRAMES = 3
LAST_LINES = 10
WIDTH = 98


def account(verdict: Verdict) -> str:
    """What a person needs to understand a broken requirement, as plain text."""
    requirement, finding = verdict.requirement, verdict.finding
    if verdict.outcome is Outcome.FIXED:
        return f"{requirement.id}: {reason(verdict)}"
    parts = [
        f"{requirement.id} {requirement.level.value}: {requirement.sentence}",
        _entry("source", requirement.source),
        _entry("expected", finding.expected),
        _entry("seen", finding.seen),
        _block("evidence", lines(finding.events)),
        _block("the last frames both ways", lines(_last_frames(verdict))),
        _block("the worker's last output", verdict.log[-LAST_LINES:]),
        _entry("next", finding.remedy),
        _entry("known as", ", ".join(requirement.bugs)),
        _entry("again", f"pytest --worker-cmd=… --requirement {requirement.id}"),
    ]
    return "\n".join(part for part in parts if part)


def _entry(name: str, text: str) -> str:
    if not text:
        return ""
    return textwrap.fill(
        text, WIDTH, initial_indent=f"  {name + ':':10} ", subsequent_indent=" " * 13
    )


def _block(title: str, body: Iterable[str]) -> str:
    shown = [f"    {line}" for line in body]
    return "\n".join([f"  {title}:", *shown]) if shown else ""


def _last_frames(verdict: Verdict) -> list[Event]:
    """The last messages each way of the record that the finding rests on."""
    if not verdict.records:
        return []
    told = set(map(id, verdict.finding.events))
    messages = [e for e in verdict.records[0].events if isinstance(e, Message)]
    last: list[Event] = []
    for direction in Direction:
        sent = [m for m in messages if m.direction is direction and id(m) not in told]
        last += sent[-LAST_FRAMES:]
    return sorted(last, key=lambda event: event.at)
