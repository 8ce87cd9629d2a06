"""Which function plays which part, by what it does with data made for the purpose.

Rules of this file:

* Pure. A part is believed only after it was shown twice, with different data.
* A part must not be found by chance: an echo must give back values that programs often replace
  (null, false, 0, empty ones).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.documents.trees import Path, where
from conformance.trials.learning.exceptions import unexpected
from conformance.trials.learning.handing import Changes, changes, tagged
from conformance.trials.learning.knowledge import Part
from conformance.trials.learning.learner import Reply, complaint

SHOWN = 2
"""How often a part must be shown."""

TAGGED = tagged("mark-1")

MARKS: tuple[dict[str, Any], ...] = (
    {"conformance": TAGGED},
    {"conformance_again": ["mark-2", {"number": 15, "deep": [None, [True]]}], "more": None},
)
"""Members added to the data of a function, to see whether they come back."""

METADATA: tuple[dict[str, Any], ...] = ({"tag": "mark-3", "n": [1, None]}, {"other": {"m": "m-4"}})
"""Metadata sent beside the data, to see whether it comes back."""


@dataclass(frozen=True, slots=True)
class Probe:
    """An invocation made to find out which part a function plays."""

    data: Any
    metadata: Any
    reply: Reply


def probes(example: Any) -> list[tuple[Any, Any]]:
    """Data and metadata for a function that takes ``example``, which each of them contains."""
    base = example if isinstance(example, dict) else {}
    marked = [({**base, **mark}, None) for mark in MARKS]
    return marked + [(example, metadata) for metadata in METADATA]


def parts(function_id: str, example: Any, shown: Sequence[Probe]) -> list[Part]:
    """The parts that a function was shown to play."""
    answered = [probe for probe in shown if not probe.reply.failed and not probe.reply.silent]
    found: list[Part] = []
    plain = [probe for probe in answered if probe.metadata is None]
    lens = _common(where(probe.reply.result, probe.data) for probe in plain)
    if len(plain) >= SHOWN and lens is not None:
        base = example if isinstance(example, dict) else {}
        found.append(Part("echo", function_id, base, lens, found=True))
    beside = [probe for probe in answered if probe.metadata is not None]
    lens = _common(where(probe.reply.result, probe.metadata) for probe in beside)
    if len(beside) >= SHOWN and lens is not None:
        found.append(Part("metadata", function_id, example, lens, found=True))
    if len(answered) == len(shown) and all(probe.reply.result is None for probe in answered):
        found.append(Part("null", function_id, example, found=True))
    return found


def echoed(shown: Sequence[Probe]) -> Changes | None:
    """What a function changes in the data that it gives back; ``None`` if it gives none back."""
    return next((changes(TAGGED, p.reply.result) for p in shown if not p.reply.failed), None)


def _common(places: Iterable[list[Path]]) -> Path | None:
    """The place nearest the root that all lists have."""
    first, *others = [*places] or [[]]
    return next((path for path in first if all(path in other for other in others)), None)


def failing(function_id: str, observed: Sequence[tuple[Any, Reply]]) -> list[Part]:
    """The parts ``fail`` and ``crash``, by what a function answered during learning.

    It plays ``fail`` with data that it refuses with an error, if it takes other data, and ``crash``
    with data that triggers a programming mistake in it.
    """
    failures = [(data, reply) for data, reply in observed if reply.failed]
    found: list[Part] = []
    crashes = [data for data, reply in failures if unexpected(reply.message, reply.stack)]
    if len(crashes) >= SHOWN:
        found.append(Part("crash", function_id, crashes[0], found=True))
    chosen = [data for data, reply in failures if not unexpected(reply.message, reply.stack)]
    results = any(not reply.failed and not complaint(reply.result) for _, reply in observed)
    if results and len(chosen) >= SHOWN:
        found.append(Part("fail", function_id, chosen[0], found=True))
    return found
