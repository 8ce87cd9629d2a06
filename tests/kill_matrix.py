"""``python -m tests.kill_matrix`` judges every mutant and impostor and writes what came of it.

Every mutant must be killed by its own requirement, for a reason that is told; no impostor may
pass a MUST that it cannot have shown. With ``--check`` nothing is written: the exit code is 1 if
the page is stale. It is 1 in any case when a mutant survives or an impostor passes.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import itertools
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import psutil

from conformance.matrix.plan import load as load_workers
from conformance.requirements.catalogue import load
from conformance.requirements.known import load as load_known
from tests.impostors.__main__ import IMPOSTORS
from tests.impostors.shown import Exposure, exposed
from tests.mutants.catalogue import Mutant
from tests.mutants.every import MUTANTS
from tests.mutants.matrix import Row, judged, lasts

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "kill-matrix.md"
HISTORY = ROOT / "conformance" / "requirements" / "history.json"
SDKS = ROOT / "tests" / "sdks" / "workers.yaml"
"""Workers on the official SDKs, by version, with what each is known to break."""

JOBS = 24 * (os.cpu_count() or 1)
"""Mutants judged at a time, at most: a judgement mostly waits for what a mutant does not do."""

BUSY = 80.0
"""Percent of the processors' time; while more is used, no further judgement begins. Each takes most
of its processor time at its start, and every wait is longer on a crowded machine."""

LEAST = os.cpu_count() or 1
"""Judgements that are under way in any case, whatever else keeps the processors busy."""

LOOK = 0.1
"""Seconds over which that time is measured."""

Subject = TypeVar("Subject")
Result = TypeVar("Result")

COLUMNS, EXPOSED_COLUMNS = 5, 3
"""The number of columns in the tables of mutants and of impostors."""


def main(arguments: list[str] | None = None) -> int:
    """Judge, and write the page or compare it."""
    options = _options(arguments)
    logging.disable(logging.WARNING)  # the verdicts report what mutants send
    names = sorted(fnmatch.filter(MUTANTS, options.only))
    impostors = list(IMPOSTORS) if options.only == "*" else []
    rows, exposures = _judged([MUTANTS[name] for name in names], impostors, options.jobs)
    survivors = [row for row in rows if not row.killed]
    for row in survivors:
        print(f"{row.mutant.name} survives {row.mutant.requirement}: {row.finding.seen}")
    if options.only != "*":
        print(f"{len(rows) - len(survivors)} of {len(rows)} mutants killed")
        return 1 if survivors else 0
    for each in exposures:
        for identity in each.vacuous:
            print(f"the impostor {each.name} passes {identity}, which it cannot have shown")
    made = {PAGE: "\n".join(page(rows, exposures)) + "\n", HISTORY: history()}
    stale = [path for path, text in made.items() if options.check and _is_stale(path, text)]
    for path, text in made.items() if not options.check else ():
        path.write_text(text, "utf-8")
    print(f"{len(rows) - len(survivors)} of {len(rows)} mutants killed")
    return 1 if survivors or stale or any(each.vacuous for each in exposures) else 0


def page(rows: Sequence[Row], exposures: Sequence[Exposure]) -> Iterator[str]:
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
    yield from ("", "## Impostors", "", "No impostor passes a MUST that it cannot have shown.", "")
    yield from ("| impostor | fails | passes |", "|---|---|---|")
    for each in exposures:
        failed = ", ".join(each.failed) or "**nothing**"
        about = (IMPOSTORS[each.name].__doc__ or each.name).rstrip(".")
        yield f"| {about} | {failed} | {', '.join(each.passed) or 'nothing'} |"
    without_check = [r for r in catalogue if r.id not in {row.mutant.requirement for row in rows}]
    if without_check:
        yield from ("", "## Requirements without a mutant", "", "| requirement | why |")
        yield "|---|---|"
    for requirement in without_check:
        yield f"| {requirement.id} | {requirement.reason or '**no reason**'} |"


def history() -> str:
    """The data about mutants and SDKs for ``python -m conformance explain``, as JSON."""
    mutants: dict[str, list[str]] = {}
    for mutant in MUTANTS.values():
        mutants.setdefault(mutant.requirement, []).append(mutant.name)
    failing: dict[str, dict[str, str]] = {}
    for candidate in load_workers(SDKS, load()):
        assert candidate.known_file is not None
        for known in load_known(candidate.known_file, load(), "linux").values():
            failing.setdefault(known.id, {})[candidate.name] = " ".join(known.reason.split())
    history_of_all = {
        "mutants": {i: sorted(mutants[i]) for i in sorted(mutants)},
        "failing": failing,
    }
    return json.dumps(history_of_all, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _judged(
    mutants: Sequence[Mutant], impostors: Sequence[str], jobs: int
) -> tuple[list[Row], list[Exposure]]:
    """Judge all mutants, some at a time, the slowest first; keep their order.

    The crowd hides some mistakes that depend on time: a mutant survives if it does so by itself.
    """
    free, numbers, total = threading.Semaphore(jobs), itertools.count(1), len(mutants)
    futures: list[Future[Any]] = []

    def ended(_: Future[Any]) -> None:
        print(f"\r{next(numbers)} of {total + len(impostors)} are judged", end="", file=sys.stderr)
        free.release()

    def begun(judge: Callable[[Subject], Result], subject: Subject) -> Future[Result]:
        free.acquire()
        while psutil.cpu_percent(LOOK) > BUSY and sum(not f.done() for f in futures) >= LEAST:
            pass
        future = pool.submit(judge, subject)
        futures.append(future)
        future.add_done_callback(ended)
        return future

    with ThreadPoolExecutor(jobs) as pool:
        exposures = [begun(exposed, name) for name in impostors]
        slowest_first = sorted(mutants, key=lasts, reverse=True)
        rows = {mutant.name: begun(judged, mutant) for mutant in slowest_first}
    print(file=sys.stderr)
    first = [rows[mutant.name].result() for mutant in mutants]
    return [_again(row) for row in first], [exposure.result() for exposure in exposures]


def _again(row: Row) -> Row:
    """The row itself if the mutant is killed, else that of another judgement, by itself."""
    if row.killed:
        return row
    print(f"{row.mutant.name} is judged again: {row.finding.seen}")
    return judged(row.mutant)


def _is_stale(path: Path, text: str) -> bool:
    """Whether a file is stale; prints how."""
    kept = path.read_text("utf-8") if path.is_file() else ""
    lines = list(difflib.unified_diff(_held(kept), _held(text), "kept", "now", n=0))
    if lines:
        print("\n".join([f"{path.name} is stale; run `python -m tests.kill_matrix`", *lines]))
    return bool(lines)


def _held(text: str) -> list[str]:
    """The lines of a file; of its tables only the part that every run must reproduce.

    What else a mutant breaks, and what an impostor fails, depends on how fast the machine is.
    """
    lines = text.splitlines()
    compared = {COLUMNS: COLUMNS - 1, EXPOSED_COLUMNS: 1}
    return [
        "|".join(cells[: compared.get(len(cells) - 2, len(cells)) + 1])
        for cells in (line.split("|") for line in lines)
    ]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; tell what is stale")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="mutants by name; no page")
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"at a time (default: {JOBS})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
