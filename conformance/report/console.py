"""The verdicts on a terminal: a line a requirement, grouped by phase, and the closing lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.judging.entry import FUZZ, Entry
from conformance.report.document import Count, Report, title
from conformance.requirements.verdict import Outcome

MARKS = {
    Outcome.PASSED: ("pass", {"green": True}),
    Outcome.FAILED: ("FAIL", {"red": True, "bold": True}),
    Outcome.WARNING: ("warn", {"yellow": True}),
    Outcome.NOT_APPLICABLE: ("n/a", {"light": True}),
    Outcome.NOT_VERIFIED: ("?", {"cyan": True}),
    Outcome.KNOWN_FAILURE: ("known", {"yellow": True}),
    Outcome.FIXED: ("FIXED", {"red": True, "bold": True}),
    Outcome.FLAKY: ("flaky", {"yellow": True}),
}
"""How an outcome is written, and pytest's markup for it."""

ALWAYS = {
    Outcome.PASSED: "passed",
    Outcome.WARNING: "warnings",
    Outcome.FAILED: "failed",
}
IF_ANY = {
    Outcome.KNOWN_FAILURE: "known failures",
    Outcome.FIXED: "fixed",
    Outcome.FLAKY: "flaky",
}
UNJUDGED = {
    Outcome.NOT_VERIFIED: "not verified",
    Outcome.NOT_APPLICABLE: "not applicable",
}


def table(report: Report) -> Iterator[tuple[str, Outcome | None]]:
    """Lines of the table with the outcome that each tells, ``None`` for a heading."""
    phase = None
    for told in report["verdicts"]:
        if told["phase"] != phase:
            phase = told["phase"]
            yield title(report, phase), None
        yield row(told), Outcome(told["outcome"])


def row(told: Entry) -> str:
    """One verdict as one line; its reason follows where it is not simply kept."""
    outcome = Outcome(told["outcome"])
    rule = told["sentence"].removeprefix("A worker ").rstrip(".")
    text = f"  {MARKS[outcome][0]:5}  {told['id']}  {told['level']:6}  {rule}"
    if "notes" in told or (outcome is Outcome.PASSED and told.get("tried") is None):
        return text
    return f"{text}\n{' ' * 26}{told['reason']}"


def told_at_the_end(entries: Sequence[Entry]) -> Iterator[str]:
    """What fuzzing explored, and its findings where they did not fail the run."""
    for told in entries:
        yield from told.get("notes", ())
        if told["kind"] == FUZZ and told["outcome"] == Outcome.WARNING.value:
            yield from told["evidence"].get("differences", ())


def closing(report: Report) -> list[str]:
    """The last lines: what fuzzing found, and the counts of each other kind of what was judged."""
    lines = [told["reason"] for told in report["verdicts"] if "notes" in told]
    lines += [
        f"conformance: {_counted(count)}, out of {count['total']} {kind}s"
        for kind, count in report["counts"].items()
        if kind != FUZZ and count["unasked"] < count["total"]
    ]
    if report["errors"]:
        names = ", ".join(error["id"] for error in report["errors"])
        lines.append(f"conformance: {len(report['errors'])} ended without a verdict: {names}")
    return lines


def _counted(count: Count) -> str:
    outcomes = count["outcomes"]
    told = [f"{count['judged']} judged"]
    for names, always in ((ALWAYS, True), (IF_ANY, False), (UNJUDGED, True)):
        told += [
            f"{outcomes[outcome.value]} {name}"
            for outcome, name in names.items()
            if always or outcomes[outcome.value]
        ]
    return ", ".join(told)
