"""A report in the formats of GitHub."""

from __future__ import annotations

from conformance.report.github import MOST, outputs, workflow_commands
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import HOSTILE, entry, report


def test_failures_and_warnings_are_annotations_on_one_line_each() -> None:
    made = report(entry(1, Outcome.FAILED, seen=HOSTILE), entry(2, Outcome.WARNING))

    lines = list(workflow_commands(made))

    assert lines[0].startswith("::error title=CON-001 MUST::A worker must be shown. Seen: ")
    assert "\n" not in lines[0]
    assert lines[1] == "::warning title=CON-002 MUST::A worker must be shown. Seen: that"


def test_there_are_no_more_than_github_shows() -> None:
    made = report(*(entry(n, Outcome.FAILED) for n in range(MOST + 5)))

    assert len(list(workflow_commands(made))) == MOST


def test_outputs_are_the_counts_of_the_run() -> None:
    found = outputs(report(entry(1, Outcome.FAILED), entry(2, Outcome.PASSED)), "/out")

    assert found == {
        "verdict": "failed",
        "headline": "FAIL: 1 MUST broken",
        "judged": "2",
        "passed": "1",
        "failed": "1",
        "warnings": "0",
        "report": "/out",
    }
