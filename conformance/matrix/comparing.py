"""What changed between two reports, or two matrices.

A *regression* is what would fail the newer run and did not fail the older one in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from conformance.judging.entry import Entry
from conformance.requirements.verdict import Outcome

SLOWER = 1.5
"""How many times slower a worker must be for it to be reported: a busy machine alone can account
for less."""

NOTICEABLE = {"startup": 0.1, "round_trip": 0.002}
"""The seconds by which a duration must also have grown: less is not noticeable."""

PACES = {"startup": "until it spoke", "round_trip": "from invocation to answer"}


class Kind(Enum):
    """How a verdict changed; the value is its heading."""

    BROKEN = "Newly broken"
    FIXED = "Fixed"
    UNVERIFIED = "No longer verified"
    VERIFIED = "Newly verified"
    ADDED = "New requirements"
    REMOVED = "No longer judged"


@dataclass(frozen=True, slots=True)
class Judgements:
    """What was found about one worker: its verdicts, and what its first run showed."""

    verdicts: Sequence[Entry]
    subject: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that changed. ``worker`` is empty if there is only one.

    ``before`` is ``None`` for what is new, and ``after`` for what is gone.
    """

    kind: Kind
    worker: str
    before: Entry | None
    after: Entry | None

    @property
    def entry(self) -> Entry:
        """The newer verdict, or the older one if there is no newer one."""
        entry = self.after or self.before
        assert entry is not None
        return entry

    def regresses(self, *, strict: bool) -> bool:
        """Whether it is a regression; under ``strict`` also what was kept and is not verified."""
        if self.kind is Kind.BROKEN or (self.kind is Kind.ADDED and self.after is not None):
            return self.entry.outcome.fails(strict=strict)
        return strict and self.kind is Kind.UNVERIFIED


@dataclass(frozen=True, slots=True)
class Slower:
    """A worker that got slower: seconds before and after, and what they measure."""

    worker: str
    what: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes. ``missing`` are workers of the older matrix that the newer one lacks."""

    changes: tuple[Change, ...]
    slower: tuple[Slower, ...]
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    def of(self, kind: Kind) -> list[Change]:
        """The changes of a kind."""
        return [change for change in self.changes if change.kind is kind]

    def regressions(self, *, strict: bool) -> list[Change]:
        """The changes for the worse."""
        return [change for change in self.changes if change.regresses(strict=strict)]

    def regressed(self, *, strict: bool) -> bool:
        """Whether the newer run is worse: something regressed, or a worker is not judged at all."""
        return bool(self.regressions(strict=strict) or self.missing)


def compare(old: Mapping[str, Judgements], new: Mapping[str, Judgements]) -> Comparison:
    """What changed from ``old`` to ``new``, both by the names of the workers."""
    changes: list[Change] = []
    slower: list[Slower] = []
    for worker, now in new.items():
        if (then := old.get(worker)) is not None:
            changes += _changes(worker, then.verdicts, now.verdicts)
            slower += _slower(worker, then.subject, now.subject)
    return Comparison(
        changes=tuple(changes),
        slower=tuple(slower),
        missing=tuple(worker for worker in old if worker not in new),
        added=tuple(worker for worker in new if worker not in old),
    )


def _changes(worker: str, old: Sequence[Entry], new: Sequence[Entry]) -> Iterable[Change]:
    before = {(entry.kind, entry.id): entry for entry in old}
    after = {(entry.kind, entry.id): entry for entry in new}
    for key in dict.fromkeys((*after, *before)):
        kind = change(before.get(key), after.get(key))
        if kind is not None:
            yield Change(kind, worker, before.get(key), after.get(key))


def change(before: Entry | None, after: Entry | None) -> Kind | None:
    """How a verdict changed; ``None`` if it is the same in everything that matters."""
    if before is None:
        return Kind.ADDED
    if after is None:
        return Kind.REMOVED
    then, now = before.outcome, after.outcome
    if _severity(now) > _severity(then):
        return Kind.BROKEN
    if now.judged and not then.judged:
        return Kind.VERIFIED
    if then.judged and not now.judged:
        return Kind.UNVERIFIED
    if _severity(now) < _severity(then):
        return Kind.FIXED
    return None


def _severity(outcome: Outcome) -> int:
    """How bad an outcome is: 0 for what is not broken, as far as was seen."""
    worse = (Outcome.KNOWN_FAILURE, Outcome.FLAKY, Outcome.WARNING, Outcome.FAILED)
    return worse.index(outcome) + 1 if outcome in worse else 0


def _slower(worker: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Slower]:
    for name, what in PACES.items():
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            continue
        if after > before * SLOWER and after - before > NOTICEABLE[name]:
            yield Slower(worker, what, before, after)
