"""Columns of a matrix for tests, made without a worker."""

from __future__ import annotations

from pathlib import Path

from conformance.judging.entry import requirement_entry
from conformance.judging.judge import Verdict
from conformance.matrix.plan import Candidate
from conformance.matrix.run import Column
from conformance.requirements.catalogue import load
from conformance.requirements.known import KnownFailure
from conformance.requirements.verdict import Finding, Outcome
from conformance.subject.command import Command

CATALOGUE = load()


def column(finding: Finding, outcome: Outcome, known: KnownFailure | None = None) -> Column:
    """A worker that was judged by one requirement."""
    verdict = Verdict(CATALOGUE["CON-001"], outcome, finding, known=known)
    listed = {known.id: known} if known else {}
    candidate = Candidate("one", Command(("w",), "w"), Path(), known=listed)
    return Column(candidate, (requirement_entry(verdict, "0.25", "pytest …"),))
