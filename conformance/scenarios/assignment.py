"""Assigns a different item to each of several patterns.

Most groups have one solution that is found at once, such as registrations with ids of their own.
The search is exact for all others; it stops early if too few items could fit at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.scenarios.patterns.base import Pattern

Choice = tuple[int, ...]
"""For each pattern, the index of its item."""


def assignments(
    patterns: Sequence[Pattern], items: Sequence[Any], names: Mapping[str, Any]
) -> Iterator[tuple[Choice, Mapping[str, Any]]]:
    """Each way to give every pattern an item of its own, with the values of the names."""
    possible: list[Sequence[int]] = []
    if len(items) < len(patterns):
        return
    for pattern in patterns:
        possible.append(_suitable(pattern, items, names))
        if not possible[-1]:
            return
    if matched(possible) < len(patterns):
        return
    yield from _search(patterns, items, names, possible, ())


def _suitable(pattern: Pattern, items: Sequence[Any], names: Mapping[str, Any]) -> Sequence[int]:
    """The items that may fit: all of them where a pattern needs names of others of its group."""
    if pattern.needs() - names.keys():
        return range(len(items))
    return [index for index, item in enumerate(items) if pattern.fits(item, names)]


def _search(
    patterns: Sequence[Pattern],
    items: Sequence[Any],
    names: Mapping[str, Any],
    possible: Sequence[Sequence[int]],
    chosen: Choice,
) -> Iterator[tuple[Choice, Mapping[str, Any]]]:
    if len(chosen) == len(patterns):
        yield chosen, names
        return
    number = len(chosen)
    for index in possible[number]:
        if index in chosen:
            continue
        for bound in patterns[number].solutions(items[index], names):
            yield from _search(patterns, items, bound, possible, (*chosen, index))


def matched(possible: Sequence[Sequence[int]]) -> int:
    """How many patterns can have an item of their own at the same time (augmenting paths)."""
    owner: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for index in possible[number]:
            if index not in tried:
                tried.add(index)
                if index not in owner or place(owner[index], tried):
                    owner[index] = number
                    return True
        return False

    return sum(place(number, set()) for number in range(len(possible)))


def unassigned(
    patterns: Sequence[Pattern], items: Sequence[Any], names: Mapping[str, Any]
) -> tuple[int, list[Any]]:
    """The first pattern without an item when as many as possible have one, and the items left over.

    There is one even if each pattern could have an item but their names do not agree.
    """
    left = list(items)
    for number, pattern in enumerate(patterns):
        index = next((i for i, item in enumerate(left) if pattern.fits(item, names)), None)
        if index is None:
            return number, left
        names = next(pattern.solutions(left.pop(index), names))
    return len(patterns) - 1, list(items)
