"""The page of a report, as text; ``tests/browser`` looks at it in a browser."""

from __future__ import annotations

import pytest

from conformance.report import html
from conformance.report.document import Report
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import EVERY, HOSTILE, entry, report, reporter


def test_no_text_of_a_worker_becomes_markup() -> None:
    page = html.page(report(*EVERY))

    assert "<b>`" not in page
    assert "\0" not in page
    assert page.count("</script>") == 1
    assert "http" not in page
    for outcome in Outcome:
        assert f'data-outcome="{outcome.value}"' in page


def test_no_text_that_was_learned_of_a_worker_becomes_markup() -> None:
    made = reporter(None, entry(1, Outcome.PASSED))
    function = {"depth": "d", "examples": [], "complaint": HOSTILE, "tries": 3, "calls": [HOSTILE]}
    part = {"function_id": HOSTILE, "lens": ["data", 0], "data": None}
    relay = {"function_id": "a", "target": HOSTILE, "lens": None}
    made.learned({"functions": {HOSTILE: function}, "parts": {"echo": part}, "relays": [relay]})

    page = html.page(made.report)

    assert "<b>`" not in page
    assert "result.data.0" in page


def test_the_diagram_marks_what_the_verdict_rests_on() -> None:
    page = html.page(report(entry(1, Outcome.FAILED)))

    assert page.count('class="from-worker cited"') == 1
    assert page.count('class="from-engine"') == page.count('class="between"') == 1


@pytest.mark.parametrize(
    ("outcomes", "tone"),
    [
        ([], "not-verified"),
        ([Outcome.NOT_VERIFIED], "not-verified"),
        ([Outcome.PASSED, Outcome.NOT_VERIFIED], "passed"),
        ([Outcome.PASSED, Outcome.WARNING], "warning"),
        ([Outcome.PASSED, Outcome.KNOWN_FAILURE], "warning"),
        ([Outcome.FAILED, Outcome.PASSED], "failed"),
        ([Outcome.FIXED], "failed"),
    ],
)
def test_the_headline_has_the_colour_of_the_outcome(outcomes: list[Outcome], tone: str) -> None:
    made = report(*(entry(n, outcome) for n, outcome in enumerate(outcomes)))

    assert html.tone(made) == tone
    assert f'<h1 class="{tone}">' in html.page(made)


def cut_short() -> Report:
    return reporter(None, entry(1, Outcome.FAILED)).report


def test_a_run_that_was_cut_short_says_so() -> None:
    assert html.tone(reporter(None, entry(1, Outcome.PASSED)).report) == "not-verified"
    assert "cut short" in html.page(cut_short())
    assert "cut short" not in html.page(report(entry(1, Outcome.FAILED)))
