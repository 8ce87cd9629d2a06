"""Rules that hold whatever happens, judged on everything that was seen of a worker.

Such a requirement is marked ``always`` in the catalogue. Its watch examines a record of each run of
the worker, whatever its trial, including trials that were inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.requirements.verdict import Finding, inconclusive, kept
from conformance.trials.trial import Record, watch

Look = Callable[[Record[Any]], Iterator[Finding | str | None]]
"""Examines one run. Yields a finding for each thing that breaks the rule, its name for any other,
or ``None`` if a name says nothing."""

MOST = 10
"""How many offenders, and how many names, a finding lists."""

NOTHING_BROKEN = inconclusive("nothing that was seen breaks the rule, and nothing proves it")


def always(
    requirement: str, of: str, nothing: Finding, *, proves: bool = True, skip_broken: bool = False
) -> Callable[[Look], Look]:
    """Register a function that watches a requirement.

    ``of`` names what is examined, in the plural, and ``nothing`` is the finding if there was none
    of it. Unless it ``proves`` the requirement, what was examined can only break it.
    ``skip_broken`` is as for ``Watch``.

    Raises:
        ValueError: the requirement is watched already.
    """

    def register(look: Look) -> Look:
        def judge(*records: Record[Any]) -> Finding:
            looked = [(record.run, one) for record in records for one in _seen(look, record)]
            wrong = [one for _, one in looked if isinstance(one, Finding)]
            if wrong:
                return _summed_up(wrong)
            if not looked:
                return nothing
            if not proves:
                return NOTHING_BROKEN
            names = list(dict.fromkeys(one for _, one in looked if isinstance(one, str)))
            runs = len({run for run, _ in looked})
            which = f" ({listed(names)})" if names else ""
            return kept(f"{len(looked)} {of} looked at{which}, in {runs} runs of the worker")

        judge.__doc__, judge.__module__ = look.__doc__, look.__module__
        watch(requirement, skip_broken=skip_broken)(judge)
        return look

    return register


def _seen(look: Look, record: Record[Any]) -> tuple[Finding | str | None, ...]:
    """What examining a run yields; each run is examined once."""
    if look not in record.looks:
        record.looks[look] = tuple(look(record))
    return record.looks[look]


def _summed_up(wrong: list[Finding]) -> Finding:
    """Many findings combined into one: the evidence of the first, and what was seen of each, once.

    A finding of a lower level than the requirement's is ignored if something else is broken.
    """
    binding = [one for one in wrong if one.level is None] or wrong
    seen = listed(list(dict.fromkeys(one.seen for one in binding)), "; ")
    return replace(binding[0], seen=seen)


def listed(texts: list[str], separator: str = ", ") -> str:
    """The texts as one: the first ``MOST`` of them, and how many more there are."""
    more = [f"and {len(texts) - MOST} more"] if len(texts) > MOST else []
    return separator.join([*texts[:MOST], *more])
