"""Columns of a matrix for tests, made without a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.judging.entry import Entry, requirement_entry
from conformance.judging.judge import Verdict
from conformance.matrix.document import Judged, Matrix, judged
from conformance.matrix.document import document as matrix_document
from conformance.matrix.plan import Candidate
from conformance.matrix.run import Column
from conformance.report.document import document
from conformance.requirements.catalogue import load
from conformance.requirements.known import KnownFailure
from conformance.requirements.verdict import Finding, Outcome

CATALOGUE = load()


def column(
    finding: Finding, outcome: Outcome, known: KnownFailure | None = None, name: str = "one"
) -> Column:
    """A worker that was judged by one requirement."""
    verdict = Verdict(CATALOGUE["CON-001"], outcome, finding, known=known)
    listed = {known.id: known} if known else {}
    candidate = Candidate(name, Path(), ("w",), known=listed)
    entry = requirement_entry(verdict, "0.25", "pytest …")
    return Column(candidate, document([{"event": "verdict", "verdict": entry.data()}]))


def matrix(*columns: Column) -> Matrix:
    """A matrix of one requirement."""
    return matrix_document(CATALOGUE, columns, [CATALOGUE["CON-001"]])


def worker(name: str, *entries: Entry, **subject: Any) -> Judged:
    """A worker of a matrix with these verdicts."""
    events: list[dict[str, Any]] = [{"event": "verdict", "verdict": e.data()} for e in entries]
    events.append({"event": "subject", "subject": subject})
    return judged(Column(Candidate(name, Path(), ("w",)), document(events)))
