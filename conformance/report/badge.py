"""A badge: how many requirements were kept, and what is wrong, in the counts of the run."""

from __future__ import annotations

from conformance.judging.entry import REQUIREMENT
from conformance.report.document import Report
from conformance.report.pages import render
from conformance.requirements.verdict import Outcome
from mock_engine.rendering import counted

TITLE = "iii conformance"
GREEN, YELLOW, RED, GREY = "#2e7d32", "#b26a00", "#c62828", "#616161"
LETTER = 6.6
"""The average width of a letter at the badge's size."""


def image(report: Report) -> str:
    """The badge as SVG."""
    words, colour = label(report)
    left, right = (round(len(text) * LETTER + 14) for text in (TITLE, words))
    return render("badge.svg", title=TITLE, words=words, colour=colour, left=left, right=right)


def label(report: Report) -> tuple[str, str]:
    """The words and the colour."""
    count = report.counts[REQUIREMENT]
    outcomes = count.outcomes
    if not count.judged:
        return "not judged", GREY
    passed = f"{outcomes[Outcome.PASSED]} passed"
    if count.unasked:
        return f"partial: {passed}", GREY
    strict = bool(report.options.get("strict"))
    failed = sum(number for outcome, number in outcomes.items() if outcome.fails(strict=strict))
    if failed:
        return f"{passed}, {failed} failed", RED
    if known := outcomes[Outcome.KNOWN_FAILURE]:
        return f"{passed}, {counted(known, 'known failure')}", YELLOW
    if warnings := outcomes[Outcome.WARNING]:
        return f"{passed}, {counted(warnings, 'warning')}", YELLOW
    return passed, YELLOW if outcomes[Outcome.FLAKY] else GREEN
