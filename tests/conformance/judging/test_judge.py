"""From findings to verdicts: levels, prerequisites, known failures and versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.judging.entry import reason
from conformance.judging.judge import Judge, Tried
from conformance.requirements.catalogue import Catalogue, Method, Requirement
from conformance.requirements.known import KnownFailure
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import (
    Finding,
    Level,
    Outcome,
    broken,
    inconclusive,
    kept,
    not_applicable,
)
from conformance.trials.baseline import Baseline
from conformance.trials.outcome import InconclusiveTrial
from conformance.trials.pace import Pace
from conformance.trials.trial import Check, Record, Trial, Worker


def requirement(number: int, level: Level = Level.MUST, **more: Any) -> Requirement:
    method = more.pop("method", Method.BLACK_BOX)
    return Requirement(f"TST-{number:03}", "test", level, "A worker must.", "here", method, **more)


TRIAL: Trial[None] = Trial("t", Worker.SHARED, lambda harness: None)  # type: ignore[arg-type, return-value]


def judge_of(
    findings: dict[str, Finding],
    *requirements: Requirement,
    missed: str | None = None,
    listed: tuple[str, ...] = (),
) -> Judge:
    catalogue = Catalogue({"test": "Test"}, {r.id: r for r in requirements})
    checks = {
        i: Check(i, (TRIAL,), lambda record, finding=finding: finding)
        for i, finding in findings.items()
    }
    record = Record("t", None, (), Baseline(Pace()))
    outcome = InconclusiveTrial("t", missed) if missed else record
    failures = {i: KnownFailure(i, "known") for i in listed}
    return Judge(
        catalogue, checks, lambda trial: outcome, lambda: Protocol("0.22", "why"), failures
    )


BROKEN = broken(expected="this", seen="that")


@pytest.mark.parametrize(
    ("finding", "level", "outcome"),
    [
        (kept("x"), Level.MUST, Outcome.PASSED),
        (BROKEN, Level.MUST, Outcome.FAILED),
        (BROKEN, Level.SHOULD, Outcome.WARNING),
        (inconclusive("x"), Level.MUST, Outcome.NOT_VERIFIED),
        (not_applicable("x"), Level.SHOULD, Outcome.NOT_APPLICABLE),
    ],
)
def test_the_level_decides_what_a_finding_means(
    finding: Finding, level: Level, outcome: Outcome
) -> None:
    verdict = judge_of({"TST-001": finding}, requirement(1, level)).verdict("TST-001")

    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (kept("x"), Outcome.PASSED),
        (not_applicable("x"), Outcome.PASSED),
        (BROKEN, Outcome.NOT_VERIFIED),
        (inconclusive("x"), Outcome.NOT_VERIFIED),
    ],
)
def test_what_needs_a_broken_requirement_is_not_verified(first: Finding, outcome: Outcome) -> None:
    judging = judge_of(
        {"TST-001": first, "TST-002": kept("x")}, requirement(1), requirement(2, needs=("TST-001",))
    )

    assert judging.verdict("TST-002").outcome is outcome


def test_a_known_failure_is_still_no_ground_to_stand_on() -> None:
    judging = judge_of(
        {"TST-001": BROKEN, "TST-002": kept("x")},
        requirement(1),
        requirement(2, needs=("TST-001",)),
        listed=("TST-001",),
    )

    assert judging.verdict("TST-001").outcome is Outcome.KNOWN_FAILURE
    assert judging.verdict("TST-002").outcome is Outcome.NOT_VERIFIED


def test_a_fixed_failure_and_one_that_could_not_be_judged() -> None:
    fixed = judge_of({"TST-001": kept("x")}, requirement(1), listed=("TST-001",))
    open_ = judge_of({"TST-001": inconclusive("x")}, requirement(1), listed=("TST-001",))

    assert fixed.verdict("TST-001").outcome is Outcome.FIXED
    assert open_.verdict("TST-001").outcome is Outcome.NOT_VERIFIED


def test_a_trial_that_missed_its_point_leaves_its_requirement_unverified() -> None:
    verdict = judge_of({"TST-001": kept("x")}, requirement(1), missed="no cup").verdict("TST-001")

    assert (verdict.outcome, verdict.finding.seen) == (Outcome.NOT_VERIFIED, "no cup")


def test_a_rule_of_another_version_does_not_apply() -> None:
    young = judge_of({"TST-001": BROKEN}, requirement(1, since="0.23")).verdict("TST-001")
    old = judge_of({"TST-001": BROKEN}, requirement(1, until="0.16")).verdict("TST-001")

    assert young.outcome is old.outcome is Outcome.NOT_APPLICABLE
    assert "why" in young.finding.seen


def test_a_requirement_without_a_check_says_why() -> None:
    untestable = requirement(1, method=Method.UNTESTABLE, reason="nobody can see it")

    assert judge_of({}, untestable).verdict("TST-001").finding.seen == "nobody can see it"


# -- repeated trials ------------------------------------------------------------------------------


def judged(listed: KnownFailure, *findings: Finding) -> tuple[Outcome, Tried | None, str]:
    """The verdict on a listed requirement whose repeated trials have these findings."""
    requirement = Requirement("T", "test", Level.MUST, "A worker must.", "here", Method.BLACK_BOX)
    numbers = {TRIAL.name: 0} | {f"{TRIAL.name}-{n}": n - 1 for n in range(2, 1 + len(findings))}

    def play(trial: Trial[None]) -> Record[int]:
        return Record(trial.name, numbers[trial.name], (), Baseline(Pace()))

    check: Callable[[Record[int]], Finding] = lambda record: findings[record.result]  # noqa: E731
    judge = Judge(
        Catalogue({"test": "Test"}, {"T": requirement}),
        {"T": Check("T", (TRIAL,), check)},
        play,
        lambda: Protocol("0.25", "why"),
        {"T": listed},
    )
    verdict = judge.verdict("T")
    text = reason(verdict.outcome, verdict.finding.seen, verdict.known, verdict.tried)
    return verdict.outcome, verdict.tried, text


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

    outcome, _, text = judged(listed, BROKEN)

    assert outcome is Outcome.FAILED
    assert "that" in text
    assert "'something else'" in text
    assert judged(KnownFailure("T", "why", evidence="that"), BROKEN)[0] is Outcome.KNOWN_FAILURE
