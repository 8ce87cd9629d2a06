"""Many workers side by side, requirement by requirement: for a terminal and in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from conformance.judging.entry import Entry
from conformance.matrix.document import COUNTED, Judged
from conformance.report.console import MARKS
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.verdict import Outcome

MARGIN = 20
"""The width of the row headings."""

NONE = "-"
"""The content of the cell of a worker that could not be judged."""

EXPLAINED = (Outcome.FAILED, Outcome.FIXED, Outcome.WARNING)
"""The outcomes that are explained below the table."""


def console(
    catalogue: Catalogue, workers: Sequence[Judged], requirements: Sequence[Requirement], width: int
) -> Iterator[str]:
    """The table as lines, then a summary, then each verdict that needs attention.

    ``width`` is that of the terminal; if the names of the workers do not fit, the columns are
    numbered and a legend gives the names.
    """
    names = [worker.name for worker in workers]
    size = max(map(len, [*names, "known"])) + 2
    if MARGIN + size * len(names) > width:
        yield from (f"[{number}] {name}" for number, name in enumerate(names, 1))
        yield ""
        names, size = [f"[{number}]" for number in range(1, len(names) + 1)], 7
    yield _row("", names, size)
    found = [worker.outcomes for worker in workers]
    for phase, title in catalogue.phases.items():
        rows = [requirement for requirement in requirements if requirement.phase == phase]
        if rows:
            yield title
        for row in rows:
            yield _row(
                f"  {row.id}  {row.level.value}", [_mark(each, row.id) for each in found], size
            )
    yield ""
    for name, numbers in _summary(workers):
        yield _row(name, numbers, size)
    seconds = [f"{worker.seconds:.1f}" if worker.verdicts else NONE for worker in workers]
    yield _row("seconds", seconds, size)
    yield from _accounts(workers)


def markdown(
    catalogue: Catalogue, workers: Sequence[Judged], requirements: Sequence[Requirement]
) -> Iterator[str]:
    """The table in Markdown, with the sentences of the requirements."""
    names = [worker.name for worker in workers]
    yield "| requirement | level | " + " | ".join(names) + " |"
    yield "|---|---|" + "---|" * len(names)
    found = [worker.outcomes for worker in workers]
    for phase, title in catalogue.phases.items():
        rows = [requirement for requirement in requirements if requirement.phase == phase]
        if rows:
            yield f"| **{title}** | |" + " |" * len(names)
        for row in rows:
            cells = " | ".join(_mark(each, row.id) for each in found)
            yield f"| {row.id} {row.sentence} | {row.level.value} | {cells} |"
    for name, numbers in _summary(workers):
        yield f"| **{name}** | | " + " | ".join(numbers) + " |"


def _row(head: str, cells: Sequence[str], size: int) -> str:
    return (head.ljust(MARGIN) + "".join(cell.ljust(size) for cell in cells)).rstrip()


def _mark(found: Mapping[str, Outcome], requirement_id: str) -> str:
    outcome = found.get(requirement_id)
    return MARKS[outcome][0] if outcome else NONE


def _summary(workers: Sequence[Judged]) -> Iterator[tuple[str, list[str]]]:
    for name in COUNTED:
        yield name, [str(w.counts[name]) if w.verdicts else NONE for w in workers]


def _accounts(workers: Sequence[Judged]) -> Iterator[str]:
    """What is wrong with each worker, in lines."""
    for worker in workers:
        wrong = [entry for entry in worker.verdicts if entry.outcome in EXPLAINED]
        if not wrong and not worker.fault:
            continue
        yield ""
        yield worker.name
        if worker.fault:
            yield textwrap.indent(worker.fault, "  ")
        for entry in wrong:
            yield from _explained(entry)


def _explained(entry: Entry) -> Iterator[str]:
    mark = MARKS[entry.outcome][0]
    yield f"  {mark:5}  {entry.id}  {entry.level.value:6}  {entry.sentence}"
    yield f"{' ' * 26}{entry.reason}"
