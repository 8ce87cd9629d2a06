"""Many workers side by side, requirement by requirement: for a terminal, Markdown and JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.judging.entry import Entry
from conformance.matrix.run import Column
from conformance.report.console import MARKS
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.verdict import Outcome

MARGIN = 20
"""How wide the heads of the rows are."""

NONE = "-"
"""What stands in the cell of a worker that could not be judged."""

EXPLAINED = (Outcome.FAILED, Outcome.FIXED, Outcome.WARNING)
"""The outcomes that are explained below the table."""

COUNTED = {
    "passed": (Outcome.PASSED,),
    "failed": (Outcome.FAILED, Outcome.FIXED),
    "warnings": (Outcome.WARNING,),
    "known failures": (Outcome.KNOWN_FAILURE,),
    "flaky": (Outcome.FLAKY,),
    "not verified": (Outcome.NOT_VERIFIED,),
    "not applicable": (Outcome.NOT_APPLICABLE,),
}
"""The rows of the summary, and what each counts."""


def outcomes(column: Column) -> Mapping[str, Outcome]:
    """The outcome of each requirement that a worker was judged by."""
    return {entry.id: entry.outcome for entry in column.entries}


def console(
    catalogue: Catalogue, columns: Sequence[Column], requirements: Sequence[Requirement], width: int
) -> Iterator[str]:
    """The table as lines, then a summary, then each verdict that needs a look.

    ``width`` is that of the terminal; where the names of the workers do not fit, their numbers
    head the columns and a legend names them.
    """
    names = [column.candidate.name for column in columns]
    size = max(map(len, [*names, "known"])) + 2
    if MARGIN + size * len(names) > width:
        yield from (f"[{number}] {name}" for number, name in enumerate(names, 1))
        yield ""
        names, size = [f"[{number}]" for number in range(1, len(names) + 1)], 7
    yield _row("", names, size)
    found = [outcomes(column) for column in columns]
    for phase, title in catalogue.phases.items():
        rows = [requirement for requirement in requirements if requirement.phase == phase]
        if rows:
            yield title
        for row in rows:
            yield _row(
                f"  {row.id}  {row.level.value}", [_mark(each, row.id) for each in found], size
            )
    yield ""
    for name, numbers in _summary(columns):
        yield _row(name, numbers, size)
    seconds = [f"{column.seconds:.1f}" if column.entries else NONE for column in columns]
    yield _row("seconds", seconds, size)
    yield from _accounts(columns)


def markdown(
    catalogue: Catalogue, columns: Sequence[Column], requirements: Sequence[Requirement]
) -> Iterator[str]:
    """The table in Markdown, with the sentences of the requirements."""
    names = [column.candidate.name for column in columns]
    yield "| requirement | level | " + " | ".join(names) + " |"
    yield "|---|---|" + "---|" * len(names)
    found = [outcomes(column) for column in columns]
    for phase, title in catalogue.phases.items():
        rows = [requirement for requirement in requirements if requirement.phase == phase]
        if rows:
            yield f"| **{title}** | |" + " |" * len(names)
        for row in rows:
            cells = " | ".join(_mark(each, row.id) for each in found)
            yield f"| {row.id} {row.sentence} | {row.level.value} | {cells} |"
    for name, numbers in _summary(columns):
        yield f"| **{name}** | | " + " | ".join(numbers) + " |"


def document(columns: Sequence[Column], requirements: Sequence[Requirement]) -> dict[str, Any]:
    """Everything as JSON: ``requirements`` are ids, ``workers`` carry their verdicts."""
    return {
        "requirements": [requirement.id for requirement in requirements],
        "workers": [
            {
                "name": column.candidate.name,
                "command": column.candidate.subject.text,
                "about": list(column.about),
                "seconds": round(column.seconds, 3),
                "fault": column.fault,
                "counts": {name: _count(column, kinds) for name, kinds in COUNTED.items()},
                "verdicts": [entry.data() for entry in column.entries],
            }
            for column in columns
        ],
    }


def _row(head: str, cells: Sequence[str], size: int) -> str:
    return (head.ljust(MARGIN) + "".join(cell.ljust(size) for cell in cells)).rstrip()


def _mark(found: Mapping[str, Outcome], requirement_id: str) -> str:
    outcome = found.get(requirement_id)
    return MARKS[outcome][0] if outcome else NONE


def _summary(columns: Sequence[Column]) -> Iterator[tuple[str, list[str]]]:
    for name, kinds in COUNTED.items():
        yield name, [str(_count(column, kinds)) if column.entries else NONE for column in columns]


def _count(column: Column, kinds: tuple[Outcome, ...]) -> int:
    counts = Counter(outcomes(column).values())
    return sum(counts[kind] for kind in kinds)


def _accounts(columns: Sequence[Column]) -> Iterator[str]:
    """What is wrong with each worker, in lines."""
    for column in columns:
        wrong = [entry for entry in column.entries if entry.outcome in EXPLAINED]
        if not wrong and not column.fault:
            continue
        yield ""
        yield column.candidate.name
        if column.fault:
            yield textwrap.indent(column.fault, "  ")
        for entry in wrong:
            yield from _explained(entry)


def _explained(entry: Entry) -> Iterator[str]:
    mark = MARKS[entry.outcome][0]
    yield f"  {mark:5}  {entry.id}  {entry.level.value:6}  {entry.sentence}"
    yield f"{' ' * 26}{entry.reason}"
