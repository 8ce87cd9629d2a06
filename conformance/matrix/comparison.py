"""A comparison as text, as Markdown for a pull request, and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.judging.entry import Entry
from conformance.matrix.comparing import Change, Comparison, Judgements, Kind, Slower
from conformance.matrix.document import FILE, Matrix
from conformance.report.document import Report
from conformance.report.pages import render
from conformance.report.summary import FENCE, plain
from conformance.requirements.verdict import Outcome

PACKAGE = "conformance.matrix"
REPORT = "report.json"
SAME = "Nothing changed."


def read(path: Path) -> Mapping[str, Judgements]:
    """What a report or a matrix says about each worker; given as a file, or the folder with it.

    The worker of a report has an empty name.

    Raises:
        UsageError: there is neither, or it has another form.
    """
    file = path
    if path.is_dir():
        file = next((path / name for name in (FILE, REPORT) if (path / name).is_file()), path)
    try:
        data: Any = json.loads(file.read_text("utf-8"))
        if "workers" in data:
            matrix = Matrix.read(data)
            return {w.name: Judgements(w.verdicts, w.subject) for w in matrix.workers}
        report = Report.read(data)
    except (OSError, ValueError, TypeError) as fault:
        raise UsageError(
            f"{path} has no report and no matrix of this suite ({fault}); name a folder that "
            "--conformance-report or `matrix --report` wrote, or a file in it"
        ) from None
    return {"": Judgements(report.verdicts, report.subject)}


def headline(comparison: Comparison, *, strict: bool) -> str:
    """The outcome of a comparison in a sentence."""
    number = len(comparison.regressions(strict=strict))
    if comparison.missing:
        return f"No longer judged at all: {', '.join(comparison.missing)}"
    if number:
        return "1 regression" if number == 1 else f"{number} regressions"
    return "No regression"


def text(comparison: Comparison, *, strict: bool) -> Iterator[str]:
    """The comparison as lines for a terminal."""
    yield headline(comparison, strict=strict)
    for kind in Kind:
        changes = comparison.of(kind)
        if changes:
            yield from ("", kind.value)
        for change in changes:
            worker = f"{change.worker}  " if change.worker else ""
            yield f"  {worker}{change.entry.id}  {arrow(change)}  {change.entry.sentence}"
            if kind is Kind.BROKEN:
                yield f"      {change.entry.reason}"
    if comparison.slower:
        yield from ("", "Slower")
    for slow in comparison.slower:
        yield f"  {pace(slow)}"
    if not (comparison.changes or comparison.slower or comparison.missing or comparison.added):
        yield SAME


def markdown(comparison: Comparison, *, strict: bool) -> Iterator[str]:
    """The comparison for a pull request: what is worse in full, the rest folded."""
    sign = "❌" if comparison.regressed(strict=strict) else "✅"
    yield f"## {sign} Conformance: {plain(headline(comparison, strict=strict))}"
    for kind in Kind:
        changes = comparison.of(kind)
        if not changes:
            continue
        folded = kind is not Kind.BROKEN
        title = f"{kind.value}: {len(changes)}"
        yield from ("", f"<details><summary>{title}</summary>" if folded else f"### {title}", "")
        for change in changes:
            entry, worker = change.entry, f"{plain(change.worker)} " if change.worker else ""
            yield f"- {worker}**{entry.id}** {arrow(change)}: {plain(entry.sentence)}"
            if kind is Kind.BROKEN:
                yield f"  {plain(entry.reason)}"
                yield from ("", f"  {FENCE}", f"  {entry.command}", f"  {FENCE}", "")
        if folded:
            yield from ("", "</details>")
    if comparison.slower:
        yield from ("", "### Slower", "")
    for slow in comparison.slower:
        yield f"- {plain(pace(slow))}"
    if not (comparison.changes or comparison.slower):
        yield from ("", SAME)


def page(comparison: Comparison, *, strict: bool) -> str:
    """The comparison as a page."""
    return render(
        "compare.html",
        PACKAGE,
        comparison=comparison,
        headline=headline(comparison, strict=strict),
        tone="failed" if comparison.regressed(strict=strict) else "passed",
        groups=[(kind.value, changes) for kind in Kind if (changes := comparison.of(kind))],
        arrow=arrow,
        pace=pace,
    )


def pace(slow: Slower) -> str:
    """How much slower a worker became."""
    return f"{slow.worker} {slow.before:.3f} s → {slow.after:.3f} s {slow.what}".strip()


def arrow(change: Change) -> str:
    """The outcome before and after."""
    return f"{_word(change.before)} → {_word(change.after)}"


def _word(entry: Entry | None) -> str:
    outcome: Outcome | None = entry.outcome if entry is not None else None
    return outcome.value if outcome is not None else "none"
