"""A verdict as one immutable value: what every report is made of, and what crosses processes.

Rules of this file:

* ``build_entry`` makes every entry, be it about a requirement, a scenario or a fuzzing campaign.
* An entry never changes. A different one is made from an existing one.
* ``Entry.data`` and ``Entry.read`` are each other's inverse. ``report.schema.json`` describes the
  data under ``verdict``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from conformance.judging.frames import EvidenceFrame, conversation
from conformance.judging.judge import Tried, Verdict
from conformance.requirements.catalogue import Requirement
from conformance.requirements.known import KnownFailure
from conformance.requirements.verdict import Level, Outcome

LAST_LINES = 10
"""How many lines of the worker's output an entry keeps."""

REQUIREMENT = "requirement"
SCENARIO = "scenario"
FUZZ = "fuzz"

BEGINNING = re.compile(r"^(A worker|An engine) (?=(must|should|may)\b)")
"""The subjects with which the sentences of requirements begin."""


class Criterion(msgspec.Struct, frozen=True):
    """What a worker is judged by: a requirement, a scenario or a fuzzing campaign."""

    kind: str
    id: str
    phase: str
    level: Level
    sentence: str
    source: str
    bugs: tuple[str, ...] = ()


class Evidence(msgspec.Struct, frozen=True):
    """The evidence for a verdict, and what to try next.

    ``differences`` say place by place how the actual value differs from the expected one, if that
    is known. ``frames`` are the conversation and ``log`` the worker's last lines. ``runs`` are the
    names of the worker's runs that were examined: transcripts and logs are kept under these.
    """

    seen: str
    expected: str = ""
    remedy: str = ""
    differences: tuple[str, ...] | UnsetType = UNSET
    frames: tuple[EvidenceFrame, ...] = ()
    log: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


class Rate(msgspec.Struct, frozen=True):
    """How often something flaky was tried, and how often it was kept."""

    judged: int
    kept: int


class Entry(msgspec.Struct, frozen=True):
    """A verdict with all that belongs to it.

    ``kind`` is what was judged and ``reason`` the verdict in one line. ``tried`` is the rate of
    something flaky. ``protocol`` is the version that the worker was held to. ``command`` is what to
    type to judge this alone again. ``notes`` say what else was done. ``because`` is the requirement
    whose failure kept this one from being judged.
    """

    kind: str
    id: str
    phase: str
    level: Level
    sentence: str
    source: str
    bugs: tuple[str, ...]
    protocol: str
    outcome: Outcome
    reason: str
    command: str
    evidence: Evidence
    tried: Rate | None = None
    notes: tuple[str, ...] | UnsetType = UNSET
    because: str | UnsetType = UNSET

    @property
    def rule(self) -> str:
        """The sentence without its subject, if a verb follows that, and without its full stop."""
        return BEGINNING.sub("", self.sentence).rstrip(".")

    def data(self) -> dict[str, Any]:
        """The entry as JSON-able data."""
        data: dict[str, Any] = with_lists(msgspec.to_builtins(self))
        return data

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Entry:
        """Make the entry that ``data`` describes.

        Raises:
            msgspec.ValidationError: it does not describe an entry.
        """
        return msgspec.convert(data, cls)

    def after(self, outcomes: Sequence[Outcome]) -> Entry:
        """The entry with how often it was tried, if it is the last of several tries."""
        if len(outcomes) == 1:
            return self
        proven = [outcome for outcome in outcomes if outcome.judged]
        kept = sum(outcome is Outcome.PASSED for outcome in proven)
        tries = ", ".join(outcome.value for outcome in outcomes)
        text = f"{self.reason}; tried {len(outcomes)} times: {tries}"
        return replace(self, tried=Rate(len(proven), kept), reason=text)

    def of_process(self, process: str) -> Entry:
        """The entry with its runs filed under the name of the process that played them."""
        runs = tuple(f"{process}/{run}" for run in self.evidence.runs)
        return replace(self, evidence=replace(self.evidence, runs=runs))

    def properties(self) -> list[tuple[str, str]]:
        """The names and values that a JUnit file contains for the verdict."""
        return [
            (self.kind, self.id),
            ("level", self.level.value),
            ("verdict", self.outcome.value),
            ("protocol", self.protocol),
            ("source", self.source),
            ("expected", self.evidence.expected),
            ("seen", self.evidence.seen),
            ("command", self.command),
        ]


def build_entry(
    criterion: Criterion,
    outcome: Outcome,
    evidence: Evidence,
    *,
    reason: str,
    protocol: str,
    command: str = "",
    tried: Tried | None = None,
    notes: Iterable[str] | None = None,
    because: str = "",
) -> Entry:
    """Make an entry; every entry is made here.

    For a requirement that was kept, the cited frames are enough, and the log is left out.
    """
    wrong = outcome.wrong
    return Entry(
        kind=criterion.kind,
        id=criterion.id,
        phase=criterion.phase,
        level=criterion.level,
        sentence=criterion.sentence,
        source=criterion.source,
        bugs=criterion.bugs,
        protocol=protocol,
        outcome=outcome,
        reason=reason,
        command=command,
        evidence=replace(
            evidence,
            frames=tuple(frame for frame in evidence.frames if wrong or frame.cited),
            log=evidence.log[-LAST_LINES:] if wrong else (),
        ),
        tried=Rate(tried.judged, tried.kept) if tried else None,
        notes=UNSET if notes is None else tuple(notes),
        because=because or UNSET,
    )


def requirement_entry(verdict: Verdict, protocol: str, command: str = "") -> Entry:
    """The entry about the verdict on a requirement."""
    finding = verdict.finding
    evidence = Evidence(
        seen=finding.seen,
        expected=finding.expected,
        remedy=finding.remedy,
        frames=conversation(finding.events, verdict.records),
        log=verdict.log,
        runs=verdict.runs,
    )
    return build_entry(
        criterion(verdict.requirement),
        verdict.outcome,
        evidence,
        reason=reason(verdict.outcome, finding.seen, verdict.known, verdict.tried),
        protocol=protocol,
        command=command,
        tried=verdict.tried,
        because=finding.because,
    )


def criterion(requirement: Requirement) -> Criterion:
    """A requirement as a criterion."""
    return Criterion(
        kind=REQUIREMENT,
        id=requirement.id,
        phase=requirement.phase,
        level=requirement.level,
        sentence=requirement.sentence,
        source=requirement.source,
        bugs=tuple(requirement.bugs),
    )


def reason(
    outcome: Outcome, seen: str, known: KnownFailure | None = None, tried: Tried | None = None
) -> str:
    """The reason for a verdict in one line, from what was seen."""
    if known is not None and outcome is Outcome.KNOWN_FAILURE:
        return f"known failure: {known.reason} (seen: {seen})"
    if outcome is Outcome.FIXED:
        return "fixed: it passes now; take it off the list of known failures"
    text = f"{outcome.value}: {seen}"
    if tried:
        text += f" (kept {tried.kept} of {tried.judged} times)"
    if known is not None and outcome is Outcome.FLAKY:
        text += f"; on the list of what is flaky: {known.reason}"
    elif known is not None and known.evidence and outcome.wrong:
        text += (
            f"; the list of known failures has it with other evidence: {known.evidence!r}. "
            "It breaks in another way than was known: mend it, or --update-known-failures"
        )
    return text


def with_lists(value: Any) -> Any:
    """Plain data with a list for each tuple, as JSON would give it back."""
    if isinstance(value, dict):
        return {name: with_lists(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_lists(part) for part in value]
    return value
