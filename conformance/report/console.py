"""The verdicts on a terminal: a line per requirement, grouped by phase, and the closing lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from conformance.judging.entry import FUZZ, Entry
from conformance.report.document import Count, Report
from conformance.report.fallen import fallen
from conformance.requirements.verdict import Outcome
from mock_engine.rendering import counted

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


def table(report: Report) -> Iterator[tuple[str, Outcome | None]]:
    """Lines of the table, each with its outcome, or ``None`` for a heading."""
    phase = None
    for entry in report.verdicts:
        if entry.phase != phase:
            phase = entry.phase
            yield report.title(phase), None
        yield row(entry), entry.outcome


def row(entry: Entry) -> str:
    """One verdict as one line, followed by its reason unless it was simply kept."""
    level = entry.level.value
    text = f"  {MARKS[entry.outcome][0]:5}  {entry.id}  {level:6}  {entry.rule}"
    if entry.notes is not UNSET or (entry.outcome is Outcome.PASSED and entry.tried is None):
        return text
    return f"{text}\n{' ' * 26}{entry.reason}"


def fuzzing(entries: Sequence[Entry]) -> Iterator[str]:
    """What fuzzing explored, and its findings if they did not fail the run."""
    for entry in entries:
        yield from entry.notes or ()
        if entry.kind == FUZZ and entry.outcome is Outcome.WARNING:
            yield from entry.evidence.differences or ()


def closing(report: Report) -> list[str]:
    """The last lines: why most was not judged, what fuzzing found, and the counts.

    If broken SHOULDs fail the run, they are counted as failures.
    """
    strict = bool(report.options.get("strict"))
    lines = [*filter(None, [fallen(report)])]
    lines += [entry.reason for entry in report.verdicts if entry.notes is not UNSET]
    lines += [
        f"conformance: {counts(count, strict=strict)}, out of {counted(count.total, kind)}"
        for kind, count in report.counts.items()
        if kind != FUZZ and count.unasked < count.total
    ]
    if report.errors:
        names = ", ".join(error.id for error in report.errors)
        lines.append(f"conformance: {len(report.errors)} ended without a verdict: {names}")
    return lines


def counts(count: Count, *, strict: bool = False) -> str:
    """How many were judged, and their outcomes, as pytest counts them."""
    outcomes = count.outcomes
    failed = sum(number for outcome, number in outcomes.items() if outcome.fails(strict=strict))
    words = [f"{count.judged} judged", f"{outcomes[Outcome.PASSED]} passed"]
    if not strict:
        words.append(counted(outcomes[Outcome.WARNING], "warning"))
    words.append(f"{failed} failed")
    if known := outcomes[Outcome.KNOWN_FAILURE]:
        words.append(counted(known, "known failure"))
    if outcomes[Outcome.FLAKY] and not strict:
        words.append(f"{outcomes[Outcome.FLAKY]} flaky")
    open_ones = (Outcome.NOT_VERIFIED, Outcome.NOT_APPLICABLE)
    return ", ".join([*words, *(f"{outcomes[outcome]} {outcome.value}" for outcome in open_ones)])
