"""A matrix as one document, from which its pages are made and two runs are compared.

``matrix.schema.json`` describes its data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conformance.errors import UsageError
from conformance.judging.entry import REQUIREMENT, Entry, with_lists
from conformance.matrix.run import Column
from conformance.report.reporter import digest
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.verdict import Outcome

SCHEMA = "matrix/matrix.schema.json"
FILE = "matrix.json"
VERSION = 1
"""The version of the format; it grows when readers have to change."""

COUNTED = {
    "passed": (Outcome.PASSED,),
    "failed": (Outcome.FAILED, Outcome.FIXED),
    "warnings": (Outcome.WARNING,),
    "known failures": (Outcome.KNOWN_FAILURE,),
    "flaky": (Outcome.FLAKY,),
    "not verified": (Outcome.NOT_VERIFIED,),
    "not applicable": (Outcome.NOT_APPLICABLE,),
}
"""The outcomes that a summary counts."""


class Judged(msgspec.Struct, frozen=True):
    """One worker of a matrix.

    ``about`` describes it in a few lines, and ``subject`` is the same as data. ``fault`` is what
    went wrong with judging it, if anything did, and ``seconds`` how long that took.
    """

    name: str
    command: str
    tags: tuple[str, ...]
    about: tuple[str, ...]
    subject: dict[str, Any]
    seconds: float
    fault: str
    counts: dict[str, int]
    verdicts: tuple[Entry, ...]

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """The outcome of each requirement that the worker was judged by."""
        return {entry.id: entry.outcome for entry in self.verdicts if entry.kind == REQUIREMENT}

    def entry(self, requirement_id: str) -> Entry | None:
        """The verdict on a requirement, if the worker was judged by it."""
        return next((entry for entry in self.verdicts if entry.id == requirement_id), None)

    @property
    def sdk(self) -> str:
        """The SDK that the worker announced, with its version; empty if it named none."""
        for data in self.subject.get("announced", ()):
            telemetry = data.get("telemetry")
            name = telemetry.get("framework") if isinstance(telemetry, dict) else None
            if name:
                return f"{name} {data.get('version', '')}".strip()
        return ""


class Matrix(msgspec.Struct, frozen=True):
    """Workers side by side. ``requirements`` are the ids that they were judged by, in order."""

    version: int
    catalogue: dict[str, Any]
    requirements: tuple[str, ...]
    workers: tuple[Judged, ...]

    def data(self) -> dict[str, Any]:
        """The matrix as JSON-able data."""
        data: dict[str, Any] = with_lists(msgspec.to_builtins(self))
        return data

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Matrix:
        """Make the matrix that ``data`` describes.

        Raises:
            msgspec.ValidationError: it does not describe a matrix.
        """
        return msgspec.convert(data, cls)


def document(
    catalogue: Catalogue, columns: Sequence[Column], requirements: Sequence[Requirement]
) -> Matrix:
    """Make the document about these columns."""
    return Matrix(
        version=VERSION,
        catalogue={"digest": digest(catalogue), "phases": dict(catalogue.phases)},
        requirements=tuple(requirement.id for requirement in requirements),
        workers=tuple(map(judged, columns)),
    )


def judged(column: Column) -> Judged:
    """A column as a part of the document."""
    counts = Counter(entry.outcome for entry in column.entries)
    return Judged(
        name=column.name,
        command=column.candidate.text,
        tags=column.candidate.tags,
        about=column.about,
        subject=column.report.subject if column.report else {},
        seconds=round(column.seconds, 3),
        fault=column.fault,
        counts={name: sum(counts[kind] for kind in kinds) for name, kinds in COUNTED.items()},
        verdicts=column.report.verdicts if column.report else (),
    )


def merge(matrices: Sequence[Matrix]) -> Matrix:
    """The matrix that one run over all the workers would have produced.

    Raises:
        UsageError: the rules differ, or a worker is in two of them.
    """
    first = matrices[0]
    workers = [worker for matrix in matrices for worker in matrix.workers]
    for matrix in matrices[1:]:
        if (matrix.catalogue, matrix.requirements) != (first.catalogue, first.requirements):
            raise UsageError("the requirements differ between the matrices; judge by the same ones")
    for name, number in Counter(worker.name for worker in workers).items():
        if number > 1:
            raise UsageError(f"the worker {name} was judged in two of the matrices")
    return msgspec.structs.replace(first, workers=tuple(workers))
