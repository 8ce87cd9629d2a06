"""``python -m tests.kill_matrix`` judges every mutant and null subject and writes what came of it.

Every mutant must be killed by its own requirement, for a reason that is told; no null subject may
pass a MUST that it cannot have shown. With ``--check`` nothing is written: the exit code is 1 if
the page is stale. It is 1 in any case when a mutant survives or a null subject passes.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from conformance.catalogue import load
from tests.mutants import MUTANTS
from tests.mutants.matrix import NullRow, Row, judged, judged_null
from tests.nulls import NULLS

PAGE = Path(__file__).parent.parent / "docs" / "kill-matrix.md"
JOBS = 4 * (os.cpu_count() or 1)
"""Mutants judged at a time: most of the time is spent waiting for what a mutant does not do."""

Item = TypeVar("Item")
Found = TypeVar("Found")


def main(arguments: list[str] | None = None) -> int:
    """Judge, and write the page or compare it."""
    options = _options(arguments)
    names = sorted(fnmatch.filter(MUTANTS, options.only))
    rows = _all([MUTANTS[name] for name in names], judged, options.jobs, _progress)
    survivors = [row for row in rows if not row.killed]
    for row in survivors:
        print(f"{row.mutant.name} survives {row.mutant.requirement}: {row.finding.seen}")
    if options.only != "*":
        print(f"{len(rows) - len(survivors)} of {len(rows)} mutants killed")
        return 1 if survivors else 0
    nulls = _all(list(NULLS), judged_null, options.jobs, lambda row: row.name)
    for null in nulls:
        for identity in null.vacuous:
            print(f"the null subject {null.name} passes {identity}, which it cannot have shown")
    text = "\n".join(page(rows, nulls)) + "\n"
    stale = _compare(text) if options.check else PAGE.write_text(text, "utf-8") < 0
    print(f"{len(rows) - len(survivors)} of {len(rows)} mutants killed")
    return 1 if survivors or stale or any(null.vacuous for null in nulls) else 0


def page(rows: Sequence[Row], nulls: Sequence[NullRow]) -> Iterator[str]:
    """The page, in Markdown: no times, nothing that differs from run to run."""
    catalogue = load()
    killed = sum(row.killed for row in rows)
    yield from (
        "# Kill matrix",
        "",
        "Made by `python -m tests.kill_matrix`; do not edit.",
        "",
        "A mutant is a small wrong worker that breaks one requirement.",
        f"{killed} of {len(rows)} are killed by their own requirement.",
        "What else a mutant breaks is told as far as the same trials decide it.",
    )
    for phase, title in catalogue.phases.items():
        chosen = [r for r in rows if catalogue[r.mutant.requirement].phase == phase]
        if chosen:
            yield from ("", f"## {title}", "", "| requirement | level | mutant | verdict | also |")
            yield "|---|---|---|---|---|"
        for row in sorted(chosen, key=lambda row: (row.mutant.requirement, row.mutant.name)):
            requirement = catalogue[row.mutant.requirement]
            verdict = "killed" if row.killed else "**survives**"
            also = ", ".join(row.collateral)
            level = requirement.level.value
            yield f"| {requirement.id} | {level} | {row.mutant.name} | {verdict} | {also} |"
    yield from ("", "## Null subjects", "", "| subject | fails | passes |", "|---|---|---|")
    for null in nulls:
        failed = ", ".join(null.failed) or "**nothing**"
        yield f"| {NULLS[null.name].about} | {failed} | {', '.join(null.passed) or 'nothing'} |"
    unproven = [r for r in catalogue if r.id not in {row.mutant.requirement for row in rows}]
    if unproven:
        yield from ("", "## Requirements without a mutant", "", "| requirement | why |")
        yield "|---|---|"
    for requirement in unproven:
        yield f"| {requirement.id} | {requirement.reason or '**no reason**'} |"


def _all(
    items: Sequence[Item], work: Callable[[Item], Found], jobs: int, name: Callable[[Found], str]
) -> list[Found]:
    """Do the work on all items, some at a time, and keep their order."""
    found: list[Found] = []
    with ThreadPoolExecutor(jobs) as pool:
        for number, result in enumerate(pool.map(work, items), 1):
            found.append(result)
            print(f"\r{number}/{len(items)} {name(result):60.60}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return found


def _progress(row: Row) -> str:
    return f"{row.mutant.name}: {'killed' if row.killed else 'survives'}"


def _compare(text: str) -> bool:
    """Whether the page is stale; if so, how."""
    kept = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    lines = list(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", n=0))
    if lines:
        print("\n".join([f"{PAGE.name} is stale; run `python -m tests.kill_matrix`", *lines]))
    return bool(lines)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; tell what is stale")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="mutants by name; no page")
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"at a time (default: {JOBS})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
