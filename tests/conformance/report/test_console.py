"""The verdicts on a terminal."""

from __future__ import annotations

from conformance.judging.entry import SCENARIO
from conformance.report.console import closing, table
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, reporter


def test_the_table_heads_phases_it_does_not_know_and_errors_are_counted() -> None:
    made = reporter(None, entry(2, Outcome.PASSED, SCENARIO), entry(1, Outcome.PASSED))
    made.error("x", "y")

    assert [line for line, outcome in table(made.report) if outcome is None] == [
        "Connecting",
        "elsewhere",
    ]
    assert closing(made.report)[1:] == [
        "conformance: 1 judged, 1 passed, 0 warnings, 0 failed, 0 not verified, 0 not applicable, "
        "out of 1 scenario",
        "conformance: 1 ended without a verdict: x",
    ]
