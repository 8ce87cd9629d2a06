"""What is broken in a matrix, reported once for all the workers that break it in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.judging.entry import Entry
from conformance.matrix.document import Judged, Matrix
from conformance.requirements.known import alike

FIRST = 60
"""How many characters of what was seen two workers must have in common for it to be one cause."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One way in which a requirement is broken, and the workers that break it in this way.

    ``entry`` is the verdict on the first of them. ``sdk`` is the SDK that all of them have in
    common, without its version; empty if there is none.
    """

    entry: Entry
    workers: tuple[Judged, ...]
    sdk: str


def causes(matrix: Matrix) -> list[Cause]:
    """The causes, those that concern most workers first, then in the order of the requirements."""
    found: dict[tuple[str, str], list[tuple[Judged, Entry]]] = {}
    for worker in matrix.workers:
        for entry in worker.verdicts:
            if entry.outcome.wrong:
                key = (entry.id, alike(entry.evidence.seen)[:FIRST])
                found.setdefault(key, []).append((worker, entry))
    places = {name: place for place, name in enumerate(matrix.requirements)}
    made = [
        Cause(pairs[0][1], tuple(worker for worker, _ in pairs), _common(w for w, _ in pairs))
        for pairs in found.values()
    ]
    return sorted(
        made, key=lambda c: (-len(c.workers), places.get(c.entry.id, len(places)), c.entry.id)
    )


def _common(workers: Iterable[Judged]) -> str:
    names = {worker.sdk.partition(" ")[0] for worker in workers}
    return names.pop() if len(names) == 1 else ""
