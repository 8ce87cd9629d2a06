"""The report as one HTML page that loads nothing else.

The page works without JavaScript, too; only filters and copy buttons need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.judging.entry import Entry
from conformance.report.diagram import arrows
from conformance.report.differing import compared
from conformance.report.document import Report
from conformance.report.overview import failing, headline
from conformance.report.pages import render
from conformance.report.subject import about
from conformance.report.unverified import unverified
from conformance.requirements.verdict import Level, Outcome

URGENT = (Outcome.FAILED, Outcome.FIXED, Outcome.WARNING, Outcome.FLAKY)
"""The outcomes that need attention, the worst first."""


def page(report: Report, **links: str) -> str:
    """The page. ``links`` may have ``home``, the address of the pages that it is one of."""
    return render(
        "report.html",
        report=report,
        home=links.get("home", ""),
        headline=headline(report)[0],
        tone=tone(report),
        about=about(report.subject),
        counted=[
            (outcome, number)
            for outcome in Outcome
            if (number := sum(entry.outcome is outcome for entry in report.verdicts))
        ],
        urgent=sorted(
            (entry for entry in report.verdicts if entry.outcome in URGENT),
            key=lambda entry: URGENT.index(entry.outcome),
        ),
        phases=by_phase(report),
        levels=[level.value for level in Level],
        unverified=unverified(report.verdicts),
        account=account,
    )


def tone(report: Report) -> str:
    """The outcome that gives the headline its colour."""
    if not any(entry.outcome.judged for entry in report.verdicts) or report.finished is None:
        return "failed" if report.errors or failing(report) else "not-verified"
    if not headline(report)[1]:
        return "failed"
    return "warning" if any(entry.outcome.wrong for entry in report.verdicts) else "passed"


def by_phase(report: Report) -> list[tuple[str, str, list[Entry]]]:
    """The entries by phase, in order: the phase, its title, and the entries."""
    phases = dict.fromkeys(entry.phase for entry in report.verdicts)
    return [
        (phase, report.title(phase), [e for e in report.verdicts if e.phase == phase])
        for phase in phases
    ]


def account(entry: Entry) -> dict[str, Any]:
    """What a page shows of a verdict besides its own fields."""
    expected, seen = compared(entry.evidence.expected, entry.evidence.seen)
    return {
        "expected": expected if entry.evidence.expected else [],
        "seen": seen,
        "arrows": arrows(entry.evidence.frames),
        "recordings": recordings(entry.evidence.runs),
    }


def recordings(runs: Sequence[str]) -> list[str]:
    """The recordings beside the page."""
    return [path for run in runs for path in (f"transcripts/{run}.ndjson", f"logs/{run}.log")]
