"""A verdict as plain data: what every report is made of, and what crosses process borders."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from conformance.judging.frames import Frame, conversation
from conformance.judging.judge import Tried, Verdict
from conformance.requirements.known import KnownFailure
from conformance.requirements.verdict import Finding, Outcome

LAST_LINES = 10
REQUIREMENT = "requirement"
SCENARIO = "scenario"
FUZZ = "fuzz"


class Evidence(TypedDict):
    """What a verdict rests on, and what to try next.

    ``differences`` tell place by place how what came is not what was expected, where that is
    known. ``frames`` are the conversation, ``log`` the worker's last lines, ``runs`` the names of
    the worker's runs that were looked at: their transcripts and logs are kept under these.
    """

    expected: str
    seen: str
    remedy: str
    differences: NotRequired[list[str]]
    frames: list[Frame]
    log: list[str]
    runs: list[str]


class Rate(TypedDict):
    """How often something flaky was put to the proof, and how often it was kept."""

    judged: int
    kept: int


class Entry(TypedDict):
    """A verdict with all that belongs to it.

    ``kind`` is what was judged (a requirement, a scenario, a fuzzing campaign), ``reason`` the
    verdict in one line, ``tried`` the rate of what is flaky, ``protocol`` the version the worker
    was held to, and ``command`` what to type to judge this alone, once more. ``notes`` are what
    was done beside the verdict.
    """

    kind: str
    id: str
    phase: str
    level: str
    sentence: str
    source: str
    bugs: list[str]
    protocol: str
    outcome: str
    reason: str
    tried: NotRequired[Rate | None]
    command: str
    notes: NotRequired[list[str]]
    evidence: Evidence


def entry(verdict: Verdict, protocol: str, command: str = "") -> Entry:
    """The verdict on a requirement as data."""
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
        "reason": reason(verdict.outcome, finding.seen, verdict.known, verdict.tried),
        "tried": rate(verdict.tried),
        "command": command,
        "evidence": evidence(verdict, finding),
    }


def rate(tried: Tried | None) -> Rate | None:
    """How often something flaky was tried, as data."""
    return {"judged": tried.judged, "kept": tried.kept} if tried else None


def evidence(verdict: Verdict, finding: Finding) -> Evidence:
    """What a verdict rests on. Of what is simply kept, the cited frames say enough."""
    frames = conversation(finding.events, verdict.records)
    if not verdict.outcome.wrong:
        frames = [told for told in frames if told["cited"]]
    return {
        "expected": finding.expected,
        "seen": finding.seen,
        "remedy": finding.remedy,
        "frames": frames,
        "log": list(verdict.log[-LAST_LINES:]) if verdict.outcome.wrong else [],
        "runs": list(verdict.runs),
    }


def reason(
    outcome: Outcome, seen: str, known: KnownFailure | None = None, tried: Tried | None = None
) -> str:
    """Why a verdict is what it is, in one line, by what was seen."""
    if known is not None and outcome is Outcome.KNOWN_FAILURE:
        return f"known failure: {known.reason} (seen: {seen})"
    if outcome is Outcome.FIXED:
        return "fixed: it passes now; take it off the list of known failures"
    told = f"{outcome.value}: {seen}"
    if tried:
        told += f" (kept {tried.kept} of {tried.judged} times)"
    if known is not None and outcome is Outcome.FLAKY:
        told += f"; on the list of what is flaky: {known.reason}"
    elif known is not None and known.evidence and outcome.wrong:
        told += (
            f"; the list of known failures has it with other evidence: {known.evidence!r}. "
            "It breaks in another way than was known: mend it, or --update-known-failures"
        )
    return told


def properties(told: Entry) -> list[tuple[str, str]]:
    """What a JUnit file carries about a verdict: names and values."""
    return [
        (told["kind"], told["id"]),
        ("level", told["level"]),
        ("verdict", told["outcome"]),
        ("protocol", told["protocol"]),
        ("source", told["source"]),
        ("expected", told["evidence"]["expected"]),
        ("seen", told["evidence"]["seen"]),
        ("command", told["command"]),
    ]
