"""An input changed as a complaint about it suggests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from conformance.fuzz.search.learning import Hint
from conformance.fuzz.values.strings import TAG
from conformance.fuzz.values.trees import at, kind, places, put

SAMPLES: Mapping[str, tuple[Any, ...]] = {
    "integer": (1, 0),
    "number": (1.5, 1),
    "string": (TAG, "a"),
    "boolean": (True,),
    "array": ([], [{}], ["a"]),
    "object": ({},),
    "null": (None,),
}
UNTYPED: tuple[Any, ...] = (1, "a", {}, [], [{}], True)

MOST_TRIES = 30
"""Values tried of one hint; hints are guesses."""


def followed(value: Any, complaint: Iterable[Hint], names: Iterable[str]) -> Iterator[Any]:
    """The value changed as each hint suggests; ``names`` are those of known fields."""
    for hint in complaint:
        yield from islice(_as_hinted(value, hint, names), MOST_TRIES)


def _as_hinted(value: Any, hint: Hint, names: Iterable[str]) -> Iterator[Any]:
    wanted = SAMPLES[hint.kind] if hint.kind else (hint.options or UNTYPED)
    if hint.path is not None:
        for sample in wanted:
            yield put(value, hint.path, sample)
        return
    spots = places(value)
    if hint.name:
        holders = [p for p in spots if isinstance(at(value, p), dict)]
        lacking = [p for p in holders if hint.name not in at(value, p)]
        if not holders:
            yield from ({hint.name: sample} for sample in wanted)
        for path in sorted(lacking, key=lambda path: -len(path)):
            yield from (put(value, (*path, hint.name), sample) for sample in wanted)
        yield from _beneath(value, hint.name, names)
        return
    for path in sorted(spots, key=lambda path: -len(path)):
        if hint.found in (None, kind(at(value, path))):
            yield from (put(value, path, sample) for sample in wanted)


def _beneath(value: Any, name: str, names: Iterable[str]) -> Iterator[Any]:
    """An object with the field in place of each value that is none: its holder was missing."""
    for path in places(value):
        if not isinstance(at(value, path), dict):
            yield put(value, path, {name: 1})
    for path in places(value):
        for holder in list(names):
            if holder != name and isinstance(at(value, path), dict):
                yield put(value, (*path, holder, name), 1)
