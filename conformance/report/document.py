"""The report as one document, made of the events of a run. ``report.schema.json`` describes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypedDict

from conformance.judging.entry import REQUIREMENT, Entry
from conformance.report.journal import Event
from conformance.requirements.verdict import Outcome

SCHEMA = "report/report.schema.json"
VERSION = 1
"""The version of the report's form; it grows when a reader has to change."""


class Count(TypedDict):
    """How many of one kind there are, and what became of them.

    ``total`` is how many exist, ``unasked`` how many of them were not chosen, or not reached
    before the run ended; ``judged`` were put to the proof. ``outcomes`` has every outcome.
    """

    total: int
    unasked: int
    judged: int
    outcomes: dict[str, int]
    levels: dict[str, dict[str, int]]


class Error(TypedDict):
    """Something that ended without a verdict: by a fault of the suite, or of the command."""

    id: str
    text: str


class Report(TypedDict):
    """A whole run. ``exit_code`` is pytest's, and ``None`` for a run that was not finished."""

    version: int
    started: str
    finished: str | None
    exit_code: int | None
    versions: dict[str, str]
    catalogue: dict[str, Any]
    options: dict[str, Any]
    subject: dict[str, Any]
    counts: dict[str, Count]
    verdicts: list[Entry]
    errors: list[Error]


PHASES = {"scenarios": "Scenarios", "fuzz": "Fuzzing"}
"""The titles of what is judged beside requirements, by the phase of its entries."""


def title(report: Report, phase: str) -> str:
    """The title of a phase."""
    return str(report["catalogue"].get("phases", {}).get(phase, PHASES.get(phase, phase)))


def document(events: Iterable[Event]) -> Report:
    """The report on a run; one that was cut short has what was known until then."""
    told: dict[str, Event] = {}
    verdicts: list[Entry] = []
    errors: list[Error] = []
    for event in events:
        match event["event"]:
            case "verdict":
                verdicts.append(event["verdict"])
            case "error":
                errors.append({"id": event["id"], "text": event["text"]})
            case kind:
                told[kind] = event
    started, finished = told.get("started", {}), told.get("finished", {})
    catalogue = started.get("catalogue", {})
    places = {phase: place for place, phase in enumerate(catalogue.get("phases", {}))}
    verdicts.sort(key=lambda e: (places.get(e["phase"], len(places)), e["phase"], e["id"]))
    return {
        "version": VERSION,
        "started": started.get("at", ""),
        "finished": finished.get("at"),
        "exit_code": finished.get("exit_code"),
        "versions": started.get("versions", {}),
        "catalogue": catalogue,
        "options": started.get("options", {}),
        "subject": told.get("subject", {}).get("subject", {}),
        "counts": counts(verdicts, catalogue.get("requirements", 0)),
        "verdicts": verdicts,
        "errors": errors,
    }


def counts(verdicts: Iterable[Entry], requirements: int) -> dict[str, Count]:
    """The counts by kind; ``requirements`` is how many the catalogue has."""
    by_kind: dict[str, list[Entry]] = {REQUIREMENT: []}
    for told in verdicts:
        by_kind.setdefault(told["kind"], []).append(told)
    return {
        kind: _count(entries, requirements if kind == REQUIREMENT else len(entries))
        for kind, entries in by_kind.items()
    }


def _count(entries: list[Entry], total: int) -> Count:
    levels = dict.fromkeys(told["level"] for told in entries)
    return {
        "total": total,
        "unasked": total - len(entries),
        "judged": sum(Outcome(told["outcome"]).judged for told in entries),
        "outcomes": _outcomes(entries),
        "levels": {
            level: _outcomes([told for told in entries if told["level"] == level])
            for level in sorted(levels)
        },
    }


def _outcomes(entries: list[Entry]) -> dict[str, int]:
    found = Counter(told["outcome"] for told in entries)
    return {outcome.value: found[outcome.value] for outcome in Outcome}
