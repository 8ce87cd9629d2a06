"""What was not verified, grouped by what it would take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.judging.entry import Entry
from conformance.report.overview import FULL, PARTS
from conformance.requirements.verdict import Outcome

NEEDS = re.compile(r"needs ([A-Z]+-\d+): (.*)", re.DOTALL)
"""The beginning of a reason that names an unmet prerequisite."""

ROLE = "Name a function that does so under `roles` in conformance.yaml."


@dataclass(frozen=True, slots=True)
class Group:
    """Verdicts that need the same thing: ``reason``, and ``way``, how to get them verified."""

    reason: str
    way: str
    entries: tuple[Entry, ...]


def unverified(entries: Iterable[Entry]) -> list[Group]:
    """The verdicts that were not reached, the largest group first."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.outcome is Outcome.NOT_VERIFIED:
            groups.setdefault(_wanting(entry), []).append(entry)
    made = [Group(reason, way, tuple(found)) for (reason, way), found in groups.items()]
    return sorted(made, key=lambda group: -len(group.entries))


def _wanting(entry: Entry) -> tuple[str, str]:
    """What is missing, and how to provide it."""
    seen, remedy = entry.evidence.seen, entry.evidence.remedy
    if seen == FULL:
        return "It takes trials that last long.", "Judge with --level full."
    if seen.startswith(PARTS):
        return seen, remedy or ROLE
    if prerequisite := NEEDS.match(seen):
        name = prerequisite[1]
        return f"It needs {name}, which is not kept or not verified.", f"See {name} first."
    return seen, remedy
