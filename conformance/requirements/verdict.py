"""Findings and verdicts.

A *finding* is what one check saw. A *verdict* is the result for the requirement, given its level
and prerequisites. Both are plain values: nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from mock_engine.transcript import Event


class Level(Enum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Outcome(Enum):
    """The verdict on one requirement; the value is how reports write it."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    NOT_APPLICABLE = "not applicable"
    NOT_VERIFIED = "not verified"
    KNOWN_FAILURE = "known failure"
    FIXED = "fixed"
    FLAKY = "flaky"

    @property
    def judged(self) -> bool:
        """Whether the requirement was judged."""
        return self not in (Outcome.NOT_APPLICABLE, Outcome.NOT_VERIFIED)

    def fails(self, *, strict: bool) -> bool:
        """Whether it fails the run."""
        lenient = (Outcome.WARNING, Outcome.FLAKY)
        return self in (Outcome.FAILED, Outcome.FIXED) or (strict and self in lenient)

    @property
    def wrong(self) -> bool:
        """Whether it needs attention."""
        return self.judged and self is not Outcome.PASSED


class Conclusion(Enum):
    """What a check concluded."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw. ``events`` are the evidence; ``remedy`` is what to try next.

    ``because`` is the id of the requirement whose failure left this one inconclusive, if one did.
    ``level`` is how binding the rule is here, if that is less than the requirement says.
    """

    conclusion: Conclusion
    seen: str
    expected: str = ""
    events: tuple[Event, ...] = field(default=(), repr=False)
    remedy: str = ""
    because: str = ""
    level: Level | None = None


def kept(seen: str, *events: Event) -> Finding:
    """The rule was tested and kept."""
    return Finding(Conclusion.KEPT, seen, events=events)


def broken(
    *, expected: str, seen: str, events: tuple[Event, ...] = (), remedy: str = ""
) -> Finding:
    """The rule was tested and broken."""
    return Finding(Conclusion.BROKEN, seen, expected, events, remedy)


def not_applicable(reason: str) -> Finding:
    """The rule does not apply to this worker."""
    return Finding(Conclusion.NOT_APPLICABLE, reason)


def inconclusive(missing: str, *, because: str = "") -> Finding:
    """The rule could not be tested; ``missing`` says what it would take.

    ``because`` is the requirement whose failure is the reason, if that is so.
    """
    return Finding(Conclusion.INCONCLUSIVE, missing, because=because)


_DECISIVE = (
    Conclusion.BROKEN,
    Conclusion.KEPT,
    Conclusion.INCONCLUSIVE,
    Conclusion.NOT_APPLICABLE,
)


def decisive(findings: Iterable[Finding]) -> Finding:
    """The finding that decides among several on one rule: a broken one, else a kept one."""
    return min(findings, key=lambda finding: _DECISIVE.index(finding.conclusion))


def outcome_of(finding: Finding, level: Level) -> Outcome:
    """The outcome that ``finding`` means for a requirement of ``level``."""
    match finding.conclusion:
        case Conclusion.KEPT:
            return Outcome.PASSED
        case Conclusion.NOT_APPLICABLE:
            return Outcome.NOT_APPLICABLE
        case Conclusion.INCONCLUSIVE:
            return Outcome.NOT_VERIFIED
        case Conclusion.BROKEN:
            binding = finding.level or level
            return Outcome.FAILED if binding is Level.MUST else Outcome.WARNING
