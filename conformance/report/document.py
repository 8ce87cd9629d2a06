"""The report as one document, made of the events of a run. ``report.schema.json`` describes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from conformance.judging.entry import REQUIREMENT, Entry, with_lists
from conformance.report.journal import JournalEvent
from conformance.requirements.verdict import Outcome

SCHEMA = "report/report.schema.json"
VERSION = 1
"""The version of the report format; it grows when readers have to change."""


class Count(msgspec.Struct, frozen=True):
    """How many of one kind there are, and their outcomes.

    ``total`` is how many exist. ``unasked`` of them were not chosen, or not reached before the run
    ended; ``judged`` were judged. ``outcomes`` has the count of every outcome.
    """

    total: int
    unasked: int
    judged: int
    outcomes: dict[Outcome, int]
    levels: dict[str, dict[Outcome, int]]


class Unjudged(msgspec.Struct, frozen=True):
    """Something that ended without a verdict, because of a fault of the suite or of the command."""

    id: str
    text: str


class Report(msgspec.Struct, frozen=True):
    """A whole run. ``exit_code`` is pytest's, and ``None`` for a run that was not finished.

    ``parts`` is what was learned about the worker's functions: which plays which part, and how far
    each was reached. ``seconds`` is how long each trial took.
    """

    version: int
    started: str
    finished: str | None
    exit_code: int | None
    versions: dict[str, str]
    catalogue: dict[str, Any]
    options: dict[str, Any]
    subject: dict[str, Any]
    counts: dict[str, Count]
    verdicts: tuple[Entry, ...]
    errors: tuple[Unjudged, ...]
    parts: dict[str, Any] | UnsetType = UNSET
    seconds: dict[str, float] | UnsetType = UNSET

    @property
    def is_about_engine(self) -> bool:
        """Whether an engine was judged, and not a worker."""
        return "engine" in self.options

    @property
    def judged(self) -> str:
        """How the worker, or the engine, was started."""
        return str(self.options.get("engine" if self.is_about_engine else "worker", ""))

    def title(self, phase: str) -> str:
        """The title of a phase."""
        return str(self.catalogue.get("phases", {}).get(phase, PHASES.get(phase, phase)))

    def data(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        data: dict[str, Any] = with_lists(msgspec.to_builtins(self))
        return data

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Report:
        """Make the report that ``data`` describes.

        Raises:
            msgspec.ValidationError: it does not describe a report.
        """
        return msgspec.convert(data, cls)


PHASES = {"scenarios": "Scenarios", "fuzz": "Fuzzing", "probe": "Probes", "recording": "Recordings"}
"""The titles of what is judged besides requirements, by the phase of its entries."""


def document(events: Iterable[JournalEvent]) -> Report:
    """The report on a run; one that was cut short contains what was known until then."""
    latest: dict[str, JournalEvent] = {}
    verdicts: dict[tuple[str, str], Entry] = {}  # the last one of what was tried several times
    errors: list[Unjudged] = []
    for event in events:
        match event["event"]:
            case "verdict":
                entry = Entry.read(event["verdict"])
                verdicts[entry.kind, entry.id] = entry
            case "error":
                errors.append(Unjudged(event["id"], event["text"]))
            case kind:
                latest[kind] = event
    started, finished = latest.get("started", {}), latest.get("finished", {})
    catalogue = started.get("catalogue", {})
    return Report(
        version=VERSION,
        started=started.get("at", ""),
        finished=finished.get("at"),
        exit_code=finished.get("exit_code"),
        versions=started.get("versions", {}),
        catalogue=catalogue,
        options=started.get("options", {}),
        subject=latest.get("subject", {}).get("subject", {}),
        counts=counts(verdicts.values(), catalogue.get("requirements", 0)),
        verdicts=tuple(in_order(verdicts.values(), catalogue.get("phases", {}))),
        errors=tuple(errors),
        parts=latest["learned"]["parts"] if "learned" in latest else UNSET,
        seconds=latest["measured"]["seconds"] if "measured" in latest else UNSET,
    )


def in_order(entries: Iterable[Entry], phases: Iterable[str]) -> list[Entry]:
    """The entries in the order of a worker's life, those that are not requirements last."""
    places = {phase: place for place, phase in enumerate(phases)}
    return sorted(entries, key=lambda e: (places.get(e.phase, len(places)), e.phase, e.id))


def counts(entries: Iterable[Entry], requirements: int) -> dict[str, Count]:
    """The counts by kind; ``requirements`` is how many the catalogue has."""
    by_kind: dict[str, list[Entry]] = {REQUIREMENT: []}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry)
    return {
        kind: _count(of_kind, requirements if kind == REQUIREMENT else len(of_kind))
        for kind, of_kind in by_kind.items()
    }


def _count(entries: list[Entry], total: int) -> Count:
    levels = sorted({entry.level.value for entry in entries})
    return Count(
        total=total,
        unasked=total - len(entries),
        judged=sum(entry.outcome.judged for entry in entries),
        outcomes=_outcomes(entries),
        levels={
            level: _outcomes([entry for entry in entries if entry.level.value == level])
            for level in levels
        },
    )


def _outcomes(entries: list[Entry]) -> dict[Outcome, int]:
    found = Counter(entry.outcome for entry in entries)
    return {outcome: found[outcome] for outcome in Outcome}
