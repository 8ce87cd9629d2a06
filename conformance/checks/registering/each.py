"""Rules for each registration of a kind, whenever it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.requirements.verdict import Finding, broken, not_applicable
from conformance.trials.trial import Record

Fault = Callable[[Any], str | None]
"""Returns what is wrong with the body of a registration, in words."""

NAMES = {
    "registerfunction": "functions",
    "registertrigger": "triggers",
    "registertriggertype": "trigger types",
}


def each(
    requirement: str,
    kind: str,
    *,
    expected: str,
    remedy: str,
    of: str = "",
    concerns: Callable[[Any], bool] = bool,
) -> Callable[[Fault], Fault]:
    """Register a function that watches every registration of a kind for which ``concerns`` is true.

    ``of`` names those, in the plural; without it the rule applies to all of the kind.
    """
    names = of or NAMES[kind]

    def register(fault: Fault) -> Fault:
        def look(record: Record[Any]) -> Iterator[Finding | None]:
            for entry in record.talk.registrations:
                body = entry.message.json
                if entry.kind != kind or not concerns(body):
                    continue
                seen = fault(body)
                yield (
                    None
                    if seen is None
                    else broken(
                        expected=expected, seen=seen, events=(entry.message,), remedy=remedy
                    )
                )

        look.__doc__, look.__module__ = fault.__doc__, fault.__module__
        always(requirement, names, not_applicable(f"it registers no {names}"))(look)
        return fault

    return register
