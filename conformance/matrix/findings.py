"""What a matrix found, as a page: each broken requirement with its reason, frames and command.

The page is kept under version control, so what differs from run to run (times, ids, frames in
another order) stands in fenced blocks alone: without them, two pages with the same verdicts and
the same reasons are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.documents.forms import UUID
from conformance.judging.entry import Entry
from conformance.judging.frames import line
from conformance.matrix.run import Column
from conformance.matrix.table import markdown, outcomes
from conformance.report.console import MARKS
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.verdict import Outcome

BROKEN = (Outcome.FAILED, Outcome.WARNING, Outcome.KNOWN_FAILURE, Outcome.FLAKY)
FENCE = "```"
FENCED = re.compile(rf"^{FENCE}.*?^{FENCE}$", re.MULTILINE | re.DOTALL)
AT = re.compile(r"^ *[0-9.]+ s +")
PORT = re.compile(r"\bport [0-9]+")
UNLISTED = "It is on no list of known failures."


def findings(catalogue: Catalogue, columns: Sequence[Column], asked: str) -> str:
    """The page, in Markdown. ``asked`` is the matrix file and what else decides what is judged."""
    columns = [_settled(column) for column in columns]
    found = [outcomes(column) for column in columns]
    broken = [r for r in catalogue if any(each.get(r.id) in BROKEN for each in found)]
    lines = [
        "# Findings",
        "",
        f"Made by `python -m conformance matrix {asked} --findings FILE`; do not edit.",
        "",
        "## Requirements that a worker breaks",
        "",
        *markdown(catalogue, columns, broken),
    ]
    for column in columns:
        lines += _worker(column)
    return "\n".join(lines) + "\n"


def _settled(column: Column) -> Column:
    """The column with what is listed as flaky told as such, whichever way it went this time."""

    def settled(told: Entry) -> Entry:
        known = column.candidate.known.get(told["id"])
        flaky = known is not None and known.tries and Outcome(told["outcome"]).judged
        return {**told, "outcome": Outcome.FLAKY.value} if flaky else told

    return replace(column, entries=tuple(map(settled, column.entries)))


def verdicts(page: str) -> str:
    """What must be the same in two pages that say the same."""
    return FENCED.sub("", page)


def _worker(column: Column) -> Iterator[str]:
    yield from ("", f"## {column.candidate.name}")
    if column.fault:
        yield from ("", FENCE, column.fault, FENCE)
        return
    wrong = [told for told in column.entries if Outcome(told["outcome"]) in BROKEN]
    if not wrong:
        yield from ("", "It keeps every requirement that applies to it.")
    for told in wrong:
        yield from _finding(column, told)


def _finding(column: Column, told: Entry) -> Iterator[str]:
    known = column.candidate.known.get(told["id"])
    word = MARKS[Outcome(told["outcome"])][0]
    yield from ("", f"### {told['id']} {told['level']} ({word}): {told['sentence']}", "")
    yield known.reason if known else UNLISTED
    if known and known.link:
        yield known.link
    yield from ("", FENCE)
    yield f"expected  {told['evidence']['expected']}"
    yield f"seen      {told['evidence']['seen']}"
    yield from _frames(told)
    yield from (FENCE, "", FENCE)
    yield told["command"]
    yield FENCE


def _frames(told: Entry) -> Iterator[str]:
    """The frames of a finding without times, its ids numbered as they appear."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"<id {len(numbers) + 1}>")

    frames = told["evidence"]["frames"]
    for frame in [f for f in frames if f["cited"]] or frames:
        yield PORT.sub("port …", UUID.sub(numbered, AT.sub("", line(frame))))
