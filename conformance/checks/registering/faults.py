"""The first registration with a fault, as a finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.trials.conversation import Registration
from conformance.trials.trial import Record


def of_kind(record: Record[object], kind: str) -> list[Registration]:
    """The registrations of one kind, in order."""
    return [entry for entry in record.talk.registrations if entry.kind == kind]


def first_fault(
    entries: list[Registration],
    fault: Callable[[Any], str | None],
    *,
    expected: str,
    remedy: str,
    nothing: str,
) -> Finding:
    """The finding on the first registration with a fault, told by ``fault`` in words."""
    if not entries:
        return not_applicable(nothing)
    for entry in entries:
        seen = fault(entry.message.json)
        if seen is not None:
            return broken(expected=expected, seen=seen, events=(entry.message,), remedy=remedy)
    return kept(f"{len(entries)} looked at", entries[0].message)
