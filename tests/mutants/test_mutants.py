"""Every mutant fails the check of its requirement; the correct worker passes them all."""

from __future__ import annotations

import pytest

from conformance.requirements.verdict import Outcome
from conformance.trials.trial import CHECKS
from tests.judging import judge
from tests.mutants.every import MUTANTS, Mutant
from tests.mutants.matrix import decided_with, judged

NOT_ITS_BUSINESS = (
    *("INV-021", "INV-028", "INV-039"),
    *("TEL-001", "TEL-002", "TEL-003", "OBS-001", "OBS-002", "OBS-003", "USE-006", "REC-030"),
)
"""Rules about things that the correct worker does not do.

These are URLs, features, telemetry, a namespace and state, and one rule of a newer version.
"""


LEARNED = ("USE-007", "USE-008", "USE-009")
"""Rules about how functions work together, which are learned only without known functions."""

WITHOUT_KNOWN_FUNCTIONS = (
    *("HandlesThreeAtATime", "RunsNothingWithoutAnId"),
    *("CountsItsCalls", "LosesTheTrace", "LosesTheBaggage", "ChokesOnLateAnswers"),
    *("HidesRemoteErrors", "HandsAnswersOutInTurn", "SendsKeptCallsTwice"),
    *("AnswersOnTheNewConnection", "DropsWhatIsRunning", "MixesUpWhoAsked", "LeavesNullOut"),
    *("SendsExpiredCalls", "WaitsForAResultThatIsNull"),
    *("PutsMetadataIntoTheData", "AnswersOutsideTheTrace"),
)
"""Mutants that are also found through the functions of a shop."""


def test_the_unbroken_worker_keeps_every_requirement() -> None:
    verdicts = judge("tests.mutants Worker", CHECKS)

    others = {v.requirement.id: v.outcome for v in verdicts if v.outcome is not Outcome.PASSED}
    assert others == {
        **dict.fromkeys(NOT_ITS_BUSINESS, Outcome.NOT_APPLICABLE),
        **{r: Outcome.NOT_VERIFIED for r, check in CHECKS.items() if check.long},
        **dict.fromkeys(LEARNED, Outcome.NOT_APPLICABLE),
    }


def test_the_unbroken_worker_without_known_functions_breaks_nothing() -> None:
    verdicts = judge("tests.mutants Shop", CHECKS)

    judged_ones = [v for v in verdicts if v.outcome.judged]
    assert [v.requirement.id for v in judged_ones if v.outcome is not Outcome.PASSED] == []
    assert len(judged_ones) >= 145
    assert {*LEARNED, "INV-008", "INV-031", "CAL-001", "CAL-019", "SHD-009"} <= {
        v.requirement.id for v in judged_ones
    }


def test_every_check_has_a_mutant() -> None:
    assert {mutant.requirement for mutant in MUTANTS.values()} == set(CHECKS)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_its_requirement(mutant: Mutant) -> None:
    row = judged(mutant)

    assert row.killed, row.finding


def test_what_the_same_trials_decide() -> None:
    assert {"CON-001", "REC-001", "REC-014"} <= set(decided_with("REC-001"))
    assert "SHD-001" not in decided_with("REC-001")


@pytest.mark.mutant
@pytest.mark.parametrize("name", WITHOUT_KNOWN_FUNCTIONS)
def test_a_mutant_without_known_functions_breaks_its_requirement(name: str) -> None:
    row = judged(MUTANTS[name], unprepared=True)

    assert row.killed, row.finding
