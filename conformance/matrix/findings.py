"""What a matrix found, as a page: each broken requirement with its reason, frames and command.

The page is kept under version control, so what differs from run to run (times, ids, the order of
frames) is only in fenced blocks: without them, two pages with the same verdicts and the same
reasons are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from msgspec import structs

from conformance.documents.forms import UUID
from conformance.judging.entry import Entry
from conformance.judging.frames import line
from conformance.matrix.document import judged
from conformance.matrix.run import Column
from conformance.matrix.table import markdown
from conformance.report.console import MARKS
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.verdict import Outcome

BROKEN = (Outcome.FAILED, Outcome.WARNING, Outcome.KNOWN_FAILURE, Outcome.FLAKY)
FENCE = "```"
FENCED = re.compile(rf"^{FENCE}.*?^{FENCE}$", re.MULTILINE | re.DOTALL)
AT = re.compile(r"^ *[0-9.]+ s +")
PORT = re.compile(r"\bport [0-9]+")
FOLDER = re.compile(r"""(file://|File \\?")/(?:[^/"\s]+/)*""")
"""Where a file of a stacktrace lies, which is another place on each machine."""

UNLISTED = "It is on no list of known failures."


def findings(catalogue: Catalogue, columns: Sequence[Column], arguments: str) -> str:
    """The page, in Markdown. ``arguments`` are the matrix file and what else decides verdicts."""
    columns = [_settled(column) for column in columns]
    workers = [judged(column) for column in columns]
    broken = [r for r in catalogue if any(w.outcomes.get(r.id) in BROKEN for w in workers)]
    lines = [
        "# Findings",
        "",
        f"Made by `python -m conformance matrix {arguments} --findings FILE`; do not edit.",
        "",
        "## Requirements that a worker breaks",
        "",
        *markdown(catalogue, workers, broken),
    ]
    for column in columns:
        lines += _worker(column)
    return "\n".join(lines) + "\n"


def _settled(column: Column) -> Column:
    """The column with what is listed as flaky shown as such, whatever its outcome was this time."""

    def settled(entry: Entry) -> Entry:
        known = column.candidate.known.get(entry.id)
        flaky = known is not None and known.tries and entry.outcome.judged
        return structs.replace(entry, outcome=Outcome.FLAKY) if flaky else entry

    if column.report is None:
        return column
    report = structs.replace(column.report, verdicts=tuple(map(settled, column.entries)))
    return replace(column, report=report)


def verdicts(page: str) -> str:
    """The part that must be equal in two pages with the same verdicts."""
    return FENCED.sub("", page)


def _worker(column: Column) -> Iterator[str]:
    yield from ("", f"## {column.name}")
    if column.fault:
        yield from ("", FENCE, column.fault, FENCE)
        return
    wrong = [entry for entry in column.entries if entry.outcome in BROKEN]
    if not wrong:
        yield from ("", "It keeps every requirement that applies to it.")
    for entry in wrong:
        yield from _finding(column, entry)


def _finding(column: Column, entry: Entry) -> Iterator[str]:
    known = column.candidate.known.get(entry.id)
    word = MARKS[entry.outcome][0]
    yield from ("", f"### {entry.id} {entry.level.value} ({word}): {entry.sentence}", "")
    yield known.reason if known else UNLISTED
    if known and known.link:
        yield known.link
    yield from ("", FENCE)
    yield f"expected  {entry.evidence.expected}"
    yield f"seen      {entry.evidence.seen}"
    yield from _frames(entry)
    yield from (FENCE, "", FENCE)
    yield entry.command
    yield FENCE


def _frames(entry: Entry) -> Iterator[str]:
    """The frames of a finding without times, its ids numbered as they appear."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"<id {len(numbers) + 1}>")

    frames = entry.evidence.frames
    for frame in [f for f in frames if f.cited] or frames:
        text = FOLDER.sub(r"\1…/", AT.sub("", line(frame)))
        yield PORT.sub("port …", UUID.sub(numbered, text))
