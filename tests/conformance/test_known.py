"""Known failures: what they cover, how flaky ones are tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.judging.entry import reason
from conformance.judging.judge import Judge, Tried
from conformance.requirements import known
from conformance.requirements.catalogue import Catalogue, Method, Requirement, load
from conformance.requirements.known import KnownFailure
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import Finding, Level, Outcome, broken, inconclusive, kept
from conformance.trials.baseline import Baseline
from conformance.trials.pace import Pace
from conformance.trials.trial import Check, Record, Trial, Worker

# -- evidence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pinned", "seen", "covered"),
    [
        (None, "anything", True),
        ("no answer", "no answer", True),
        ("no answer", "the wrong answer", False),
        ("gaps of 0.71 s, 3 times", "gaps of 1 s, 12 times", True),
        (
            "twice for 0b7e1a52-0000-4000-8000-00000000000a",
            "twice for 5b0d5b2e-1111-4111-8111-0000000000B1",
            True,
        ),
    ],
)
def test_pinned_evidence(pinned: str | None, seen: str, covered: bool) -> None:
    assert KnownFailure("X", "why", evidence=pinned).covers(seen) is covered


def test_entries_of_other_platforms_are_left_aside(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(
        "known-failures:\n"
        "  - {id: SHD-002, reason: on a Mac, platforms: [darwin]}\n"
        "  - {id: SHD-002, reason: on Linux, platforms: [linux]}\n"
        "flaky:\n  - {id: REC-010, reason: now and then}\n"
    )

    found = known.load(file, load(), "linux")

    assert found == {
        "SHD-002": KnownFailure("SHD-002", "on Linux"),
        "REC-010": KnownFailure("REC-010", "now and then", tries=known.TRIES),
    }


# -- tries ----------------------------------------------------------------------------------------

TRIAL: Trial[None] = Trial("t", Worker.SHARED, lambda harness: None)  # type: ignore[arg-type, return-value]
BROKEN = broken(expected="this", seen="that")


def judged(listed: KnownFailure, *findings: Finding) -> tuple[Outcome, Tried | None, str]:
    """The verdict on one listed requirement whose tries come to these findings."""
    requirement = Requirement("T", "test", Level.MUST, "A worker must.", "here", Method.BLACK_BOX)
    numbers = {TRIAL.name: 0} | {f"{TRIAL.name}-{n}": n - 1 for n in range(2, 1 + len(findings))}

    def play(trial: Trial[None]) -> Record[int]:
        return Record(trial.name, numbers[trial.name], (), Baseline(Pace()))

    check: Callable[[Record[int]], Finding] = lambda record: findings[record.result]  # noqa: E731
    court = Judge(
        Catalogue({"test": "Test"}, {"T": requirement}),
        {"T": Check("T", (TRIAL,), check)},
        play,
        lambda: Protocol("0.25", "why"),
        {"T": listed},
    )
    verdict = court.verdict("T")
    told = reason(verdict.outcome, verdict.finding.seen, verdict.known, verdict.tried)
    return verdict.outcome, verdict.tried, told


@pytest.mark.parametrize(
    ("findings", "outcome", "tried"),
    [
        ([kept("x"), BROKEN, kept("y")], Outcome.FLAKY, Tried(3, 2)),
        ([kept("x")] * 3, Outcome.PASSED, Tried(3, 3)),
        ([BROKEN] * 3, Outcome.FAILED, Tried(3, 0)),
        ([BROKEN, inconclusive("?"), kept("x")], Outcome.FLAKY, Tried(2, 1)),
        ([inconclusive("no cup")] * 3, Outcome.NOT_VERIFIED, None),
    ],
)
def test_what_is_flaky_is_tried_and_its_rate_is_told(
    findings: list[Finding], outcome: Outcome, tried: Tried | None
) -> None:
    found = judged(KnownFailure("T", "races", tries=3), *findings)

    assert found[:2] == (outcome, tried)
    assert (f"kept {tried.kept} of {tried.judged} times" in found[2]) if tried else True


def test_a_failure_that_changed_is_a_failure_and_says_so() -> None:
    listed = KnownFailure("T", "why", evidence="something else")

    outcome, _, told = judged(listed, BROKEN)

    assert outcome is Outcome.FAILED
    assert "that" in told
    assert "'something else'" in told
    assert judged(KnownFailure("T", "why", evidence="that"), BROKEN)[0] is Outcome.KNOWN_FAILURE
