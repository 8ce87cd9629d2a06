"""How new inputs are made: at random, or from inputs that reached something new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.documents.trees import Path, at, children, kind, places, put, size, without
from conformance.documents.validity import Unsupported
from conformance.fuzz.search.knowledge import Kept, Knowledge, Proposal
from conformance.fuzz.values.building import Building
from conformance.fuzz.values.entropy import Entropy
from conformance.fuzz.values.hostile import COMMON, HOSTILE, Hostile
from conformance.trials.learning.guesses import UNTYPED
from conformance.trials.learning.learner import Names

LARGEST_SPLICED = 60
"""Nodes of a value into which a part of itself is put."""


class Variation:
    """Varies what is known about a function; each arm may have nothing to offer.

    ``related`` are values that other functions of the worker returned, by name.
    """

    def __init__(self, entropy: Entropy, related: Names) -> None:
        self._entropy = entropy
        self._related = related
        self.arms = {
            "step": self._stepped,
            "change": self._changed,
            "fresh": self._fresh,
            "repeat": self._repeated,
            "splice": self._spliced,
            "hostile": self._hostile,
        }

    def by_chance(self, one: Knowledge) -> Any:
        """A value that uses nothing learned, of the declared format if there is one."""
        generator = one.target.generator
        if generator is not None:
            try:
                return generator.value(self._entropy)
            except Unsupported:
                pass
        return Building(self._entropy).build({}, 3)

    def _fresh(self, one: Knowledge) -> Proposal | None:
        return self.by_chance(one), "", True

    def _pick(self, one: Knowledge) -> Kept | None:
        if not one.kept:
            return None
        if self._entropy.chance(50):
            return self._entropy.pick(one.kept[-6:])
        return self._entropy.pick(one.kept)

    def _stepped(self, one: Knowledge) -> Proposal | None:
        """The next single change of the most promising kept input."""
        for kept in sorted(one.kept, key=lambda kept: -kept.worth):
            step = next(kept.steps, None)
            if step is not None:
                kept.worth *= 0.98
                return step
            kept.worth = 0.0
        return None

    def _changed(self, one: Knowledge) -> Proposal | None:
        kept = self._pick(one)
        if kept is None:
            return None
        value, deliverable = kept.value, True
        for _ in range(1 + self._entropy.whole(0, 2)):
            value, sound = self._change(one, value)
            deliverable = deliverable and sound
        return value, "", deliverable

    def _change(self, one: Knowledge, value: Any) -> tuple[Any, bool]:
        path = self._entropy.pick(places(value))
        old = at(value, path)
        if one.target.edges and self._entropy.chance(30):
            return put(value, path, self._entropy.pick(one.target.edges)), True
        known = self._related.known(str(path[-1])) if path else ()
        if known and self._entropy.chance(30):
            return put(value, path, self._entropy.pick(known)), True
        if path and self._entropy.chance(15):
            return without(value, path), True
        if isinstance(old, list) and old and self._entropy.chance(40):
            return put(value, path, old * self._entropy.whole(2, 9)), True
        if isinstance(old, dict) and one.names and self._entropy.chance(40):
            name = self._entropy.pick(list(one.names))
            return put(value, (*path, name), self._entropy.pick(UNTYPED)), True
        if isinstance(old, int | float) and self._entropy.chance(40):
            return put(value, path, old + self._entropy.pick((-1, 1, 10, -10, 1000))), True
        if isinstance(old, str) and self._entropy.chance(30):
            return put(value, path, old * 2 + self._entropy.pick(("", " ", "é", "'", "\n"))), True
        if one.values and self._entropy.chance(20):
            return put(value, path, self._entropy.pick(one.values)), True
        new = self._entropy.pick(HOSTILE)
        return put(value, path, new.value), new.deliverable

    def _repeated(self, one: Knowledge) -> Proposal | None:
        kept = self._pick(one)
        return None if kept is None else (kept.value, "", True)

    def _spliced(self, one: Knowledge) -> Proposal | None:
        first, second = self._pick(one), self._pick(one)
        if first is None or second is None:
            return None
        if self._entropy.chance(50):
            second = first  # a part of itself: deeper, and still of the right shape
        path = self._entropy.pick(places(first.value))
        part = at(second.value, self._entropy.pick(places(second.value)))
        if second is first and path and size(first.value) < LARGEST_SPLICED:
            alike = [p for p in places(first.value) if kind(at(first.value, p)) == kind(part)]
            path = self._entropy.pick(alike)
        return put(first.value, path, part), "", True

    def _hostile(self, one: Knowledge) -> Proposal | None:
        hostile = self._entropy.pick(HOSTILE)
        kept = self._pick(one)
        if kept is None or self._entropy.chance(20):
            return hostile.value, hostile.name, hostile.deliverable
        path = self._entropy.pick(places(kept.value))
        return put(kept.value, path, hostile.value), hostile.name, hostile.deliverable


def steps(value: Any, edges: Sequence[Any]) -> Iterator[Proposal]:
    """The value with one place changed, deep places first, where defects hide."""
    spots = sorted(places(value), key=lambda path: -len(path))
    leaves = [path for path in spots if not any(children(at(value, path)))]
    yield from _replaced(value, spots, COMMON)
    yield from ((without(value, path), "step: left out", True) for path in spots if path)
    for edge in edges:
        alike = [path for path in spots if kind(at(value, path)) == kind(edge)]
        yield from ((put(value, path, edge), "step: an edge", True) for path in alike)
    yield from _replaced(value, leaves, HOSTILE[len(COMMON) :])


def _replaced(value: Any, spots: list[Path], by: Sequence[Hostile]) -> Iterator[Proposal]:
    for hostile in by:
        for path in spots:
            old = at(value, path)
            if kind(old) != kind(hostile.value) or old != hostile.value:
                yield put(value, path, hostile.value), f"step: {hostile.name}", hostile.deliverable
