"""A report for GitHub: annotations on a pull request, and outputs of a step. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judging.entry import REQUIREMENT, Entry
from conformance.report.document import Report
from conformance.report.overview import failing, headline
from conformance.requirements.verdict import Outcome

MOST = 10
"""The most annotations of a kind that GitHub shows for a step."""


def workflow_commands(report: Report) -> Iterator[str]:
    """A workflow command for each failure and each warning."""
    failed = failing(report)
    known = set(map(id, failed))
    warned = [
        entry
        for entry in report.verdicts
        if entry.outcome is Outcome.WARNING and id(entry) not in known
    ]
    yield from (_annotation("error", entry) for entry in failed[:MOST])
    yield from (_annotation("warning", entry) for entry in warned[:MOST])
    for error in report.errors[: MOST - len(failed[:MOST])]:
        yield f"::error title={_property(error.id)}::{_message(error.text)}"


def outputs(report: Report, place: str) -> dict[str, str]:
    """The outputs of the step that judged: the verdict, the counts, and where the report is."""
    count = report.counts[REQUIREMENT]
    text, good = headline(report)
    return {
        "verdict": "passed" if good else "failed",
        "headline": text,
        "judged": str(count.judged),
        "passed": str(count.outcomes[Outcome.PASSED]),
        "failed": str(len(failing(report))),
        "warnings": str(count.outcomes[Outcome.WARNING]),
        "report": place,
    }


def _annotation(kind: str, entry: Entry) -> str:
    title = _property(f"{entry.id} {entry.level.value}")
    return f"::{kind} title={title}::{_message(f'{entry.sentence} Seen: {entry.evidence.seen}')}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
