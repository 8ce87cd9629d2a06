"""Every mutant fails the check of its requirement; the unbroken worker passes them all."""

from __future__ import annotations

import sys

import pytest

from conformance.court import Verdict
from conformance.session import Judgement
from conformance.settings import Settings
from conformance.subject.command import Command
from conformance.trial import CHECKS
from conformance.verdict import Answer, Outcome
from tests.mutants import MUTANTS, Mutant

DEFAULT_PORT = 49134


def judge(
    command: str, requirement_ids: list[str], default_port: int | None = None
) -> list[Verdict]:
    judgement = Judgement(Settings(Command.parse(command), default_port=default_port))
    judgement.start(requirement_ids)
    try:
        return [judgement.verdict(requirement_id) for requirement_id in requirement_ids]
    finally:
        judgement.stop()


def test_the_unbroken_worker_keeps_every_requirement() -> None:
    verdicts = judge(f"{sys.executable} -m tests.mutants Worker", list(CHECKS))

    assert {
        v.requirement.id: v.finding.seen for v in verdicts if v.outcome is not Outcome.PASSED
    } == {}


def test_every_check_has_a_mutant() -> None:
    assert {mutant.requirement for mutant in MUTANTS.values()} == set(CHECKS)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_its_requirement(mutant: Mutant) -> None:
    # One port for all: only the mutant that insists on it may be found there.
    port = DEFAULT_PORT if mutant.requirement == "CON-006" else None
    (verdict,) = judge(mutant.command, [mutant.requirement], port)

    assert verdict.finding.answer is Answer.BROKEN, verdict.finding.seen
    assert verdict.finding.expected
    assert verdict.finding.seen
