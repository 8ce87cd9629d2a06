"""A matrix as pages: static files that need nothing from anywhere.

index.html                  workers by requirements
findings.html               what is broken, each cause once
requirements/ID.html        one requirement: who keeps it, one that does beside one that does not
workers/NAME/report.html    the report on one worker
matrix.json  summary.md  junit.xml  style.css  page.js
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.judging.entry import Entry
from conformance.matrix.causes import causes
from conformance.matrix.document import FILE, Judged, Matrix
from conformance.matrix.run import WORKERS
from conformance.matrix.table import markdown
from conformance.matrix.task import read
from conformance.report import html
from conformance.report.catalogue import data, is_long
from conformance.report.folder import put
from conformance.report.pages import environment, render
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.verdict import Level, Outcome

PACKAGE = "conformance.matrix"
ASSETS = ("style.css", "page.js")
PAGES = "requirements"


def write(folder: Path, catalogue: Catalogue, matrix: Matrix) -> None:
    """Write the pages; the workers' own reports are there already."""
    requirements = [catalogue[name] for name in matrix.requirements]
    put(folder / FILE, json.dumps(matrix.data(), ensure_ascii=False, indent=1))
    put(folder / "summary.md", "\n".join(markdown(catalogue, matrix.workers, requirements)))
    put(folder / "junit.xml", junit(matrix))
    for name in ASSETS:
        put(folder / name, environment().get_template(name).render().strip())
    put(folder / "index.html", index(matrix, catalogue))
    put(folder / "findings.html", _render("findings.html", causes=causes(matrix), matrix=matrix))
    for requirement in requirements:
        put(folder / PAGES / f"{requirement.id}.html", page(matrix, requirement, catalogue))
    for worker in matrix.workers:
        report = read(folder / WORKERS / worker.name)
        if report is not None:
            text = html.page(report, home="../../index.html")
            put(folder / WORKERS / worker.name / "report.html", text)


def index(matrix: Matrix, catalogue: Catalogue) -> str:
    """The page of the whole matrix."""
    rows = [_row(matrix, catalogue[name]) for name in matrix.requirements]
    phases = dict.fromkeys(row["requirement"].phase for row in rows)
    found = [outcome for row in rows for outcome in row["outcomes"]]
    return _render(
        "index.html",
        matrix=matrix,
        phases=[
            (phase, catalogue.phases[phase], [r for r in rows if r["requirement"].phase == phase])
            for phase in phases
        ],
        levels=[level.value for level in Level],
        counted=[(o, n) for o in Outcome if (n := found.count(o))],
        pages=_pages(matrix),
        causes=causes(matrix),
    )


def _row(matrix: Matrix, requirement: Requirement) -> dict[str, Any]:
    outcomes = [worker.outcomes.get(requirement.id) for worker in matrix.workers]
    return {
        "requirement": requirement,
        "outcomes": outcomes,
        "distinct": "|".join(dict.fromkeys(o.value for o in outcomes if o is not None)),
    }


def page(matrix: Matrix, requirement: Requirement, catalogue: Catalogue) -> str:
    """The page of one requirement."""
    verdicts = list(_verdicts(matrix, requirement.id))
    groups = {
        outcome: [(worker, entry) for worker, entry in verdicts if entry.outcome is outcome]
        for outcome in Outcome
    }
    kept = next((v for v in verdicts if v[1].outcome is Outcome.PASSED), None)
    broken = next((v for v in verdicts if v[1].outcome.wrong), None)
    return _render(
        "requirement.html",
        requirement=requirement,
        phase=catalogue.phases[requirement.phase],
        known=data(requirement),
        long=is_long(requirement),
        groups={outcome: found for outcome, found in groups.items() if found},
        sides=[side for side in (kept, broken) if side is not None],
        account=html.account,
        pages=_pages(matrix),
        assets="../",
    )


def _verdicts(matrix: Matrix, requirement_id: str) -> Iterator[tuple[Judged, Entry]]:
    for worker in matrix.workers:
        entry = worker.entry(requirement_id)
        if entry is not None:
            yield worker, entry


def junit(matrix: Matrix) -> str:
    """All verdicts in the form of JUnit, a suite a worker."""
    return _render("junit.xml", matrix=matrix)


def _pages(matrix: Matrix) -> dict[str, str]:
    """Where the report on each worker is, for those that have one."""
    return {w.name: f"{WORKERS}/{w.name}/report.html" for w in matrix.workers if w.verdicts}


def _render(template: str, **values: Any) -> str:
    return render(template, PACKAGE, **{"assets": "./", **values})
