"""The page."""

from __future__ import annotations

from conformance.report import html
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import EVERY, entry, report, reporter


def test_no_text_of_a_worker_becomes_markup() -> None:
    page = html.page(report(*EVERY))

    assert "<b>" not in page
    assert "\0" not in page
    assert page.count("</script>") == 1
    assert "http" not in page.replace("http://www.w3.org", "")
    for outcome in Outcome:
        assert outcome.value in page


def test_the_diagram_marks_what_the_verdict_rests_on() -> None:
    page = html.page(report(entry(1, Outcome.FAILED)))

    assert page.count('class="event cited"') == 1
    assert page.count('class="event"') == 2


def test_a_run_that_was_cut_short_says_so() -> None:
    assert "cut short" in html.page(reporter(None, entry(1, Outcome.FAILED)).report)
    assert "cut short" not in html.page(report(entry(1, Outcome.FAILED)))
