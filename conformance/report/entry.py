"""A verdict as plain data: what every report is made of, and what crosses process borders."""

from __future__ import annotations

from typing import Any

from conformance.court import Verdict
from conformance.verdict import Outcome
from mock_engine.rendering import lines
from mock_engine.transcript import Direction, Event, Message

LAST_FRAMES = 3
LAST_LINES = 10
REQUIREMENT = "requirement"

Entry = dict[str, Any]
"""JSON-able: kind (what was judged: a requirement, a scenario, a function), id, phase, level,
sentence, source, outcome, reason, expected, seen, remedy, and the lists evidence, frames and log;
protocol is the version the worker was held to."""


def entry(verdict: Verdict, protocol: str) -> Entry:
    """The verdict as data."""
    requirement, finding = verdict.requirement, verdict.finding
    return {
        "kind": REQUIREMENT,
        "id": requirement.id,
        "phase": requirement.phase,
        "level": requirement.level.value,
        "sentence": requirement.sentence,
        "source": requirement.source,
        "bugs": list(requirement.bugs),
        "protocol": protocol,
        "outcome": verdict.outcome.value,
        "reason": reason(verdict),
        "expected": finding.expected,
        "seen": finding.seen,
        "remedy": finding.remedy,
        "evidence": lines(finding.events),
        "frames": lines(_last_frames(verdict)),
        "log": list(verdict.log[-LAST_LINES:]),
    }


def reason(verdict: Verdict) -> str:
    """Why a verdict is what it is, in one line."""
    if verdict.known is not None and verdict.outcome is Outcome.KNOWN_FAILURE:
        return f"known failure: {verdict.known.reason} (seen: {verdict.finding.seen})"
    if verdict.outcome is Outcome.FIXED:
        return "fixed: it passes now; take it off the list of known failures"
    return f"{verdict.outcome.value}: {verdict.finding.seen}"


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
