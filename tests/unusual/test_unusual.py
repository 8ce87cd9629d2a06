"""No unusual worker fails a MUST; those that only look different are warned of nothing."""

from __future__ import annotations

import pytest

from conformance.requirements.verdict import Outcome
from conformance.trials.trial import CHECKS
from tests.judging import judge
from tests.unusual import UNUSUAL

QUICK = [requirement for requirement, check in CHECKS.items() if not check.long]
"""What the default level judges."""

CONFIGURATION = {"ANN-005", "ANN-006", "ANN-007", "CON-008"}
"""Rules on the environment that some of them deliberately leave aside: a warning, no failure."""

HABITS = {"LeavesNullResultsOut": {"INV-025"}, "RegistersInAnyOrder": {"REC-026"}}
"""SHOULDs that a habit itself leaves aside."""


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
