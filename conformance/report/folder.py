"""The folder of a report: the report in every format, and what was recorded.

report.json  report.html  report.sarif  summary.md  badge.svg  events.ndjson
transcripts/RUN.ndjson    every frame of a run of the worker
logs/RUN.log              what the worker wrote in it
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from conformance.report import badge, html, sarif, summary
from conformance.report.document import Report
from conformance.trials.outcome import RunRecord

TRANSCRIPTS = "transcripts"
LOGS = "logs"


def write(folder: Path, report: Report, runs: Iterable[RunRecord]) -> None:
    """Write everything but the stream of events, which is there already."""
    for run in runs:
        put(folder / TRANSCRIPTS / f"{run.name}.ndjson", "\n".join(run.transcript))
        put(folder / LOGS / f"{run.name}.log", "\n".join(run.log))
    write_pages(folder, report)


def write_pages(folder: Path, report: Report) -> None:
    """Write the report in every format."""
    put(folder / "report.json", json.dumps(report.data(), ensure_ascii=False, indent=2))
    put(folder / "report.html", html.page(report))
    put(folder / "report.sarif", json.dumps(sarif.log(report), ensure_ascii=False, indent=2))
    put(folder / "summary.md", summary.page(report))
    put(folder / "badge.svg", badge.image(report))


def put(path: Path, text: str) -> None:
    """Write ``text``; half a surrogate pair, which a worker may send, is written as an escape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))
