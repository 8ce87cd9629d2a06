"""A summary in Markdown, for the page that a CI service shows of a job."""

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
    """The summary: the counts, what is wrong in full, and the rest in a line each."""
    wrong = [told for told in report["verdicts"] if Outcome(told["outcome"]).wrong]
    lines = ["# Conformance", "", *(f"**{told}**" for told in closing(report)), ""]
    lines += [f"- `{report['options'].get('worker', '')}`"]
    lines += [f"- {told}" for told in about(report["subject"])]
    for told in wrong:
        lines += ["", *_account(told)]
    for error in report["errors"]:
        lines += ["", f"## 💥 {error['id']}", "", FENCE, error["text"], FENCE]
    lines += ["", "<details><summary>All verdicts</summary>", "", *_table(report), "", "</details>"]
    return "\n".join(lines)


def _account(told: Entry) -> Iterator[str]:
    outcome = Outcome(told["outcome"])
    evidence = told["evidence"]
    word = MARKS[outcome][0]
    yield f"## {ICONS[outcome]} {word} {told['id']} {told['level']}: {_plain(told['sentence'])}"
    yield ""
    yield f"- reason: {_plain(told['reason'])}"
    for name in ("expected", "seen", "remedy"):
        if text := str(evidence[name]):
            yield f"- {name}: {_plain(text)}"
    yield f"- source: {_plain(told['source'])}"
    yield from ("", FENCE)
    yield from (text.replace(FENCE, "'''") for text in evidence.get("differences", ()))
    yield from (told.replace(FENCE, "'''") for told in lines(evidence["frames"]))
    yield from (FENCE, "", FENCE, told["command"], FENCE)


def _table(report: Report) -> Iterator[str]:
    yield "| | id | level | requirement | reason |"
    yield "|---|---|---|---|---|"
    for told in report["verdicts"]:
        outcome = Outcome(told["outcome"])
        reason = "" if outcome is Outcome.PASSED else _plain(told["reason"])
        mark = f"{ICONS[outcome]} {MARKS[outcome][0]}"
        yield f"| {mark} | {told['id']} | {told['level']} | {_plain(told['sentence'])} | {reason} |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)
    return " ".join(escaped.split())
