"""A matrix as pages: static files that load nothing from anywhere else.

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

from msgspec.structs import replace

from conformance.judging.entry import Entry
from conformance.matrix.causes import causes
from conformance.matrix.counterpart import counterpart
from conformance.matrix.document import FILE, Judged, Matrix
from conformance.matrix.run import WORKERS
from conformance.matrix.table import markdown
from conformance.matrix.task import read
from conformance.report import html
from conformance.report.catalogue import data, is_long
from conformance.report.folder import TRANSCRIPTS, put
from conformance.report.pages import environment, render
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.verdict import Level, Outcome
from conformance.scenarios.recording.transcripts import read as events
from mock_engine.transcript import Event

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
    transcripts = Transcripts(folder / WORKERS)
    for requirement in requirements:
        text = page(matrix, requirement, catalogue, transcripts)
        put(folder / PAGES / f"{requirement.id}.html", text)
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


class Transcripts:
    """The workers' transcripts, each read once. ``folder`` has the workers' reports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events: dict[Path, list[Event]] = {}

    def beside(self, name: str, kept: Entry, broken: Entry) -> Entry:
        """A verdict on a worker, with frames like those that the verdict on another rests on."""
        if kept.evidence.frames:
            return kept
        for run in kept.evidence.runs:
            frames = counterpart(broken.evidence.frames, self._read(name, run))
            if frames:
                return replace(kept, evidence=replace(kept.evidence, frames=frames))
        return kept

    def _read(self, name: str, run: str) -> list[Event]:
        file = self._folder / name / TRANSCRIPTS / f"{run}.ndjson"
        if file not in self._events:
            text = file.read_text("utf-8", "replace") if file.is_file() else ""
            self._events[file] = events(text, str(file))
        return self._events[file]


def page(
    matrix: Matrix, requirement: Requirement, catalogue: Catalogue, transcripts: Transcripts
) -> str:
    """The page of one requirement."""
    verdicts = list(_verdicts(matrix, requirement.id))
    groups = {
        outcome: [(worker, entry) for worker, entry in verdicts if entry.outcome is outcome]
        for outcome in Outcome
    }
    kept = next((v for v in verdicts if v[1].outcome is Outcome.PASSED), None)
    broken = next((v for v in verdicts if v[1].outcome.wrong), None)
    if kept is not None and broken is not None:
        kept = (kept[0], transcripts.beside(kept[0].name, kept[1], broken[1]))
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
    """All verdicts as JUnit, one suite per worker."""
    return _render("junit.xml", matrix=matrix)


def _pages(matrix: Matrix) -> dict[str, str]:
    """The path of the report on each worker, for those that have one."""
    return {w.name: f"{WORKERS}/{w.name}/report.html" for w in matrix.workers if w.verdicts}


def _render(template: str, **values: Any) -> str:
    return render(template, PACKAGE, **{"assets": "./", **values})
