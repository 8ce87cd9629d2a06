"""No unusual worker fails a MUST; workers that only look different get no warning."""

from __future__ import annotations

import pytest

from conformance.requirements.verdict import Outcome
from conformance.trials.trial import CHECKS
from tests.judging import judge
from tests.unusual import UNUSUAL

QUICK = [requirement for requirement, check in CHECKS.items() if not check.long]
"""The requirements that are judged at the default level."""

CONFIGURATION = {"ANN-005", "ANN-006", "ANN-007", "CON-008"}
"""Rules about the environment that some of them break on purpose: a warning, not a failure."""

HABITS = {"LeavesNullResultsOut": {"INV-025"}, "RegistersInAnyOrder": {"REC-026"}}
"""SHOULDs that a habit itself breaks."""


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_worker_is_no_wrong_one(name: str) -> None:
    verdicts = judge(f"tests.unusual {name}", QUICK)
    left_aside = CONFIGURATION | HABITS.get(name, set())

    wrong = {
        v.requirement.id: v.finding.seen
        for v in verdicts
        if v.outcome is Outcome.FAILED
        or (v.outcome is Outcome.WARNING and v.requirement.id not in left_aside)
    }
    assert wrong == {}
    assert sum(v.outcome is Outcome.PASSED for v in verdicts) >= 30
