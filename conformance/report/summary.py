"""A summary in Markdown, for the job page of a CI service."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judging.entry import Entry
from conformance.judging.frames import lines
from conformance.report.console import MARKS, closing
from conformance.report.document import Report
from conformance.report.subject import about
from conformance.requirements.verdict import Outcome

ICONS = {
    Outcome.PASSED: "✅",
    Outcome.FAILED: "❌",
    Outcome.WARNING: "⚠️",
    Outcome.NOT_APPLICABLE: "⚪",
    Outcome.NOT_VERIFIED: "❔",
    Outcome.KNOWN_FAILURE: "🟡",
    Outcome.FIXED: "❌",
    Outcome.FLAKY: "🎲",
}
FENCE = "```"


def page(report: Report) -> str:
    """The summary: the counts, failures and warnings in full, and the rest in a line each."""
    wrong = [entry for entry in report.verdicts if entry.outcome.wrong]
    lines = ["# Conformance", "", *(f"**{line}**" for line in closing(report)), ""]
    lines += [f"- `{report.judged}`"]
    lines += [f"- {line}" for line in about(report.subject)]
    for entry in wrong:
        lines += ["", *_account(entry)]
    for error in report.errors:
        lines += ["", f"## 💥 {error.id}", "", FENCE, error.text, FENCE]
    lines += ["", "<details><summary>All verdicts</summary>", "", *_table(report), "", "</details>"]
    return "\n".join(lines)


def _account(entry: Entry) -> Iterator[str]:
    evidence = entry.evidence
    mark = f"{ICONS[entry.outcome]} {MARKS[entry.outcome][0]}"
    yield f"## {mark} {entry.id} {entry.level.value}: {plain(entry.sentence)}"
    yield ""
    yield f"- reason: {plain(entry.reason)}"
    texts = {"expected": evidence.expected, "seen": evidence.seen, "remedy": evidence.remedy}
    yield from (f"- {name}: {plain(text)}" for name, text in texts.items() if text)
    yield f"- source: {plain(entry.source)}"
    yield from ("", FENCE)
    proof = (*(evidence.differences or ()), *lines(evidence.frames))
    yield from (line.replace(FENCE, "'''") for line in proof)
    yield from (FENCE, "", FENCE, entry.command, FENCE)


def _table(report: Report) -> Iterator[str]:
    yield "| | id | level | requirement | reason |"
    yield "|---|---|---|---|---|"
    for entry in report.verdicts:
        reason = "" if entry.outcome is Outcome.PASSED else plain(entry.reason)
        mark = f"{ICONS[entry.outcome]} {MARKS[entry.outcome][0]}"
        cells = (mark, entry.id, entry.level.value, plain(entry.sentence), reason)
        yield f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Text that Markdown shows unchanged, on one line."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)
    return " ".join(escaped.split())
