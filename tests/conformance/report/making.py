"""Entries and reports for tests, made without a worker."""

from __future__ import annotations

from pathlib import Path

from conformance.judging.entry import REQUIREMENT, Criterion, Entry, Evidence, build_entry
from conformance.judging.frames import EvidenceFrame
from conformance.report.document import Report
from conformance.report.reporter import Reporter
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Level, Outcome

HOSTILE = "</script><b>`|*\u0000\ud800 ```\n]]>"
"""A text from a worker that tries to inject markup."""

FRAMES = (("worker", "{seen}", True), ("engine", "{}", False), ("", "ended", False))


def entry(
    number: int, outcome: Outcome, kind: str = REQUIREMENT, seen: str = "that", **more: str
) -> Entry:
    """An entry about something that does not exist."""
    criterion = Criterion(
        kind=kind,
        id=f"CON-{number:03}",
        phase="connecting" if kind == REQUIREMENT else "elsewhere",
        level=Level.MUST,
        sentence="A worker must be shown.",
        source="here",
        bugs=("somebody/something#1",),
    )
    frames = tuple(
        EvidenceFrame(1.5 + at, 1, sender, text.replace("{seen}", seen), cited)  # type: ignore[arg-type]
        for at, (sender, text, cited) in enumerate(FRAMES)
    )
    return build_entry(
        criterion,
        outcome,
        Evidence(seen, "this", "try that", frames=frames, log=(seen,), runs=("shared",)),
        reason=more.get("reason", f"{outcome.value}: {seen}"),
        protocol="0.25",
        command=f"pytest --requirement CON-{number:03}",
    )


EVERY = [entry(n, outcome, seen=HOSTILE) for n, outcome in enumerate(Outcome, 1)]
"""An entry of each outcome."""


def reporter(folder: Path | None, *entries: Entry) -> Reporter:
    """A reporter in the middle of a run."""
    made = Reporter(load(), folder)
    made.started({"worker": "python w.py"})
    made.subject({})
    for each in entries:
        made.verdict(each)
    return made


def report(*entries: Entry) -> Report:
    """The report on a run with these verdicts."""
    made = reporter(None, *entries)
    made.finished(1)
    return made.report
