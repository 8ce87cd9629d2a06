"""No unusual worker fails a MUST; those that only look different are warned of nothing."""

from __future__ import annotations

import pytest

from conformance.trial import CHECKS
from conformance.verdict import Outcome
from tests.judging import judge
from tests.unusual.workers import UNUSUAL


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_worker_is_no_wrong_one(name: str) -> None:
    verdicts = judge(f"tests.unusual {name}", CHECKS)

    wrong = {
        v.requirement.id: v.finding.seen
        for v in verdicts
        if v.outcome in (Outcome.FAILED, Outcome.WARNING)
    }
    assert wrong == {}
    assert sum(v.outcome is Outcome.PASSED for v in verdicts) >= 30
