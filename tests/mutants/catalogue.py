"""The registry of mutants: which worker breaks which requirement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.mutants.worker import Worker


@dataclass(frozen=True)
class Mutant:
    """A worker that breaks ``requirement`` and, if possible, nothing else.

    ``seen_in`` names the trials in which it does so, if the requirement must always hold; ``full``
    is whether this needs the full level, although the requirement is judged at the default one,
    too.
    """

    name: str
    requirement: str
    worker: type[Worker]
    seen_in: tuple[str, ...]
    full: bool = False


MUTANTS: dict[str, Mutant] = {}


EVERYDAY = ("looking_back", "every_function", "first_series", "terminated")
"""The trials that are enough for most of the requirements that must always hold."""


def breaks(
    requirement: str, seen_in: tuple[str, ...] = EVERYDAY, *, full: bool = False
) -> Callable[[type[Worker]], type[Worker]]:
    """Register a worker class as a mutant that breaks ``requirement``; its name is the mutant's.

    ``seen_in`` and ``full`` are as for ``Mutant``.
    """

    def register(worker: type[Worker]) -> type[Worker]:
        assert worker.__name__ not in MUTANTS, worker.__name__
        MUTANTS[worker.__name__] = Mutant(worker.__name__, requirement, worker, seen_in, full)
        return worker

    return register
