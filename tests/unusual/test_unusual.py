"""No unusual worker fails a MUST; those that only look different are warned of nothing."""

from __future__ import annotations

import pytest

from conformance.trial import CHECKS
from conformance.verdict import Outcome
from tests.judging import judge
from tests.unusual.workers import UNUSUAL

CONFIGURATION = {"ANN-005", "ANN-006", "ANN-007", "CON-008"}
"""Rules on the environment that some of them deliberately leave aside: a warning, no failure."""


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_worker_is_no_wrong_one(name: str) -> None:
    verdicts = judge(f"tests.unusual {name}", CHECKS)

    wrong = {
        v.requirement.id: v.finding.seen
        for v in verdicts
        if v.outcome is Outcome.FAILED
        or (v.outcome is Outcome.WARNING and v.requirement.id not in CONFIGURATION)
    }
    assert wrong == {}
    assert sum(v.outcome is Outcome.PASSED for v in verdicts) >= 30
