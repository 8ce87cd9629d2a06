"""Pages of every kind, made from reports without running a worker."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from conformance.judging.entry import Entry, Evidence, build_entry, criterion
from conformance.judging.frames import EvidenceFrame
from conformance.matrix import comparison, site
from conformance.matrix.comparing import Judgements, compare
from conformance.matrix.document import Judged, document
from conformance.matrix.plan import Candidate
from conformance.matrix.run import WORKERS, Column
from conformance.report.document import Report
from conformance.report.folder import write_pages
from conformance.report.reporter import Reporter
from conformance.requirements.catalogue import Requirement, load
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import HOSTILE

CATALOGUE = load()
WORKERS_OF_IT = ("payments-of-the-whole-company", "mail", "search", "audit")
LEARNED = {
    "functions": {
        "shop::order": {
            "depth": "it called another function",
            "examples": [{"id": 1}],
            "complaint": "",
            "tries": 12,
            "calls": ["state::get", "state::set"],
        },
        "shop::export": {
            "depth": "it refused all data that was tried",
            "examples": [],
            "complaint": f"format is required {HOSTILE}",
            "tries": 200,
            "calls": [],
        },
    },
    "parts": {"echo": {"function_id": "shop::mirror", "lens": ["data", 0], "data": None}},
    "relays": [{"function_id": "shop::order", "target": "state::get", "lens": None}],
}
FRAMES = (
    ("engine", '{"type":"invokefunction","function_id":"shop::order","data":{"id":1}}', False),
    ("worker", '{"type":"invokefunction","function_id":"state::get","data":{"key":"1"}}', False),
    ("", "ping", False),
    ("worker", '{"type":"invocationresult","function_id":"shop::order","result":"%s"}', True),
    ("", "ended: end of stream without a close frame", True),
)


def entry(requirement: Requirement, outcome: Outcome) -> Entry:
    """A verdict with every kind of evidence."""
    frames = tuple(
        EvidenceFrame(1.5 + at, 1, sender, text.replace("%s", "x" * 700), cited)  # type: ignore[arg-type]
        for at, (sender, text, cited) in enumerate(FRAMES)
    )
    wrong = outcome.wrong
    evidence = Evidence(
        seen=f'{{"id": 1, "state": "open {HOSTILE}"}}' if wrong else "as it should be",
        expected='{"id": 1, "state": "done"}' if wrong else "",
        remedy="Answer once, after the handler has returned." if wrong else "",
        frames=frames,
        log=("INFO ready", "ERROR " + "long " * 60),
        runs=("shared",),
    )
    reason = f"{outcome.value}: {evidence.seen}"
    command = f"iii-conformance judge --requirement {requirement.id} -- node dist/worker.js"
    return build_entry(
        criterion(requirement), outcome, evidence, reason=reason, protocol="0.25", command=command
    )


def report(offset: int) -> Report:
    """A report on all requirements; ``offset`` decides which requirement has which outcome."""
    reporter = Reporter(CATALOGUE, None)
    reporter.started({"worker": f"node dist/worker.js --port {offset}"})
    reporter.subject({})
    reporter.learned(LEARNED)
    outcomes = [*Outcome, *([Outcome.PASSED] * 15)]
    for number, requirement in enumerate(CATALOGUE):
        reporter.verdict(entry(requirement, outcomes[(number + offset) % len(outcomes)]))
    reporter.error("fuzz::payloads", "Traceback (most recent call last):\n  …")
    reporter.finished(1)
    return reporter.report


def write(folder: Path) -> None:
    """Write a site of four workers, one of which cannot be judged, and a comparison."""
    columns = []
    for number, name in enumerate(WORKERS_OF_IT):
        candidate = Candidate(name, folder, ("node", "dist/worker.js"), tags=("shop",))
        if name == "audit":
            columns.append(Column(candidate, fault="cannot be built: exit code 2: npm ci"))
            continue
        made = report(number)
        write_pages(folder / WORKERS / name, made)
        for kind in ("transcripts", "logs"):
            place = folder / WORKERS / name / kind
            place.mkdir()
            (place / ("shared.ndjson" if kind == "transcripts" else "shared.log")).write_text("")
        columns.append(Column(candidate, made, 12.5))
    matrix = document(CATALOGUE, columns, list(CATALOGUE))
    site.write(folder, CATALOGUE, matrix)
    old, new = (
        {w.name: Judgements(w.verdicts, w.subject) for w in workers}
        for workers in (matrix.workers[:2], _moved(matrix.workers[:2]))
    )
    page = comparison.page(compare(old, new), strict=False)
    (folder / "compare.html").write_text(page, "utf-8")


def _moved(workers: tuple[Judged, ...]) -> tuple[Judged, ...]:
    """The same workers, each with the verdicts of another one."""
    return tuple(
        replace(worker, verdicts=other.verdicts)
        for worker, other in zip(workers, reversed(workers), strict=True)
    )
