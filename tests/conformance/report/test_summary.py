"""The summary in Markdown."""

from __future__ import annotations

from conformance.report import summary
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import EVERY, report


def test_no_text_of_a_worker_becomes_markup() -> None:
    text = summary.page(report(*EVERY))

    assert not [line for line in text.splitlines() if line.startswith("<b>") or "| <b>" in line]
    for outcome in Outcome:
        assert outcome.value in text
