"""The overview of a run."""

from __future__ import annotations

import pytest

from conformance.judging.entry import SCENARIO, Entry
from conformance.report.console import closing
from conformance.report.document import Report
from conformance.report.overview import NAMED, brief, headline, is_judged, next_steps
from conformance.report.reporter import Reporter
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, report


def strict(*entries: Entry) -> Report:
    """The report of a run under ``--strict``."""
    made = Reporter(load(), None)
    made.started({"worker": "w", "strict": True})
    for each in entries:
        made.verdict(each)
    return made.report


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([Outcome.PASSED, Outcome.NOT_VERIFIED], ("PASS", True)),
        ([Outcome.WARNING], ("PASS, with 1 warning", True)),
        ([Outcome.FAILED, Outcome.FAILED, Outcome.PASSED], ("FAIL: 2 MUSTs broken", False)),
        ([Outcome.FIXED], ("FAIL: 1 known failure fixed: take it off the list", False)),
        ([Outcome.NOT_VERIFIED, Outcome.NOT_APPLICABLE], ("NOT JUDGED", False)),
        ([], ("NOT JUDGED", False)),
    ],
)
def test_the_headline_is_the_verdict(outcomes: list[Outcome], expected: tuple[str, bool]) -> None:
    made = report(*(entry(n, outcome) for n, outcome in enumerate(outcomes)))

    assert headline(made) == expected


def test_under_strict_there_is_one_number() -> None:
    made = strict(entry(1, Outcome.WARNING), entry(2, Outcome.FAILED), entry(3, Outcome.PASSED))

    assert headline(made) == ("FAIL: 2 MUSTs broken", False)
    (line,) = closing(made)
    assert line.startswith("conformance: 3 judged, 1 passed, 2 failed, 0 not verified")


def test_what_is_open_takes_a_line_for_each_reason() -> None:
    reason = "not verified: takes --level full"
    many = [entry(n, Outcome.NOT_VERIFIED, reason=reason) for n in range(NAMED + 2)]
    other = entry(90, Outcome.NOT_VERIFIED, reason="not verified: nobody knows")

    lines = [line for line, _ in brief(report(*many, other, entry(91, Outcome.PASSED)))]

    ids = ", ".join(f"CON-{n:03}" for n in range(NAMED))
    assert lines == [
        f"{NAMED + 3} not verified:",
        f"  takes --level full: {ids} and 2 more",
        "  nobody knows: CON-090",
    ]


def test_warnings_are_told_in_short_and_failures_are_left_to_pytest() -> None:
    lines = [line for line, _ in brief(report(entry(1, Outcome.WARNING), entry(2, Outcome.FAILED)))]

    assert lines == ["1 warning:", "  CON-001  must be shown", "           that"]


def test_a_run_that_failed_has_three_next_steps_at_most() -> None:
    reasons = ("takes --level full", "this takes a function that plays the part of echo")
    open_ones = [
        entry(n, Outcome.NOT_VERIFIED, reason=f"not verified: {reason}")
        for n, reason in enumerate(reasons, 10)
    ]

    steps = next_steps(report(entry(1, Outcome.FAILED), *open_ones))

    assert steps[0] == "iii-conformance explain CON-001"
    assert len(steps) == 3


def test_a_run_in_which_nothing_failed_points_on() -> None:
    long = entry(1, Outcome.NOT_VERIFIED, reason="not verified: takes --level full")

    assert next_steps(report(long, entry(2, Outcome.PASSED, SCENARIO))) == [
        "--level full judges 1 more",
        "--fuzz=60s hunts for bugs in what your functions do",
    ]


def test_what_the_worker_wrote_of_its_own_failure_comes_first() -> None:
    made = Reporter(load(), None)
    made.started({"worker": "npm start"})
    made.subject({"early": ["KeyError: 'DATABASE_URL'"], "sdk_defects": {"CON-001": "a defect"}})
    made.verdict(entry(1, Outcome.FAILED))

    steps = next_steps(made.report)

    assert "KeyError: 'DATABASE_URL'" in steps[0]
    assert steps[1].startswith("CON-001: known of the SDK, not yours; --known-failures sdk")


def test_a_chain_of_reasons_is_told_by_its_end() -> None:
    reasons = (
        "needs INV-014: not verified (it was away)",
        "needs INV-004: not verified (needs INV-014: not verified (it was away))",
    )
    made = [
        entry(n, Outcome.NOT_VERIFIED, reason=f"not verified: {reason}")
        for n, reason in enumerate(reasons)
    ]

    assert [line for line, _ in brief(report(*made))] == [
        "2 not verified:",
        "  needs INV-014: it was away: CON-000, CON-001",
    ]


def test_of_a_worker_that_cannot_be_started_the_error_says_all() -> None:
    made = Reporter(load(), None)
    made.started({"worker": "nope"})
    made.error("worker", "it cannot be started")
    nothing = is_judged(made.report)
    made.verdict(entry(1, Outcome.PASSED))

    assert (nothing, is_judged(made.report)) == (False, True)
