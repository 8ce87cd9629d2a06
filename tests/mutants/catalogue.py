"""The registry of mutants: which worker breaks which requirement."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutants.worker import Worker


@dataclass(frozen=True)
class Mutant:
    """A worker that breaks ``requirement`` and nothing else, if that can be."""

    name: str
    requirement: str
    worker: type[Worker]


MUTANTS: dict[str, Mutant] = {}


def breaks(requirement: str):  # type: ignore[no-untyped-def]
    """Register a worker class, whose name becomes the mutant's, as breaking ``requirement``."""

    def register(worker: type[Worker]) -> type[Worker]:
        assert worker.__name__ not in MUTANTS, worker.__name__
        MUTANTS[worker.__name__] = Mutant(worker.__name__, requirement, worker)
        return worker

    return register
