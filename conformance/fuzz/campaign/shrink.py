"""Smaller values that may still show a defect.

Hypothesis shrinks what it drew itself; an input of a campaign may come from a file, another runner,
or a chain of changes, so it is the JSON value that is made smaller here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from conformance.documents.trees import at, children, places, put, size, without

Step = TypeVar("Step")

PLAINEST: tuple[Any, ...] = (None, 0, "", [], {})


def weight(value: Any) -> tuple[int, int]:
    """How large a value is; a smaller one is easier to read."""
    leaves, waiting = 0, [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            leaves += 1 + len(node)
        elif isinstance(node, bool | int | float):
            leaves += 0 if not node else 1 + len(str(node))
        elif node is not None and not isinstance(node, dict | list):
            leaves += 5 + len(bytes(node))
        waiting += (child for _, child in children(node))
        leaves += sum(len(name) for name in node) if isinstance(node, dict) else 0
    return size(value), leaves


def smaller(value: Any) -> Iterator[Any]:
    """Values that are smaller than this one, the greatest reductions first."""
    known = weight(value)
    seen: list[Any] = []
    for candidate in _candidates(value):
        if weight(candidate) < known and not any(_same(candidate, other) for other in seen[-40:]):
            seen.append(candidate)
            yield candidate


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _candidates(value: Any) -> Iterator[Any]:
    for path in places(value):
        node = at(value, path)
        for plain in PLAINEST:
            if type(node) is not type(plain) or not path:
                yield put(value, path, plain)
        for _, child in children(node):
            yield put(value, path, child)
        yield from (put(value, path, half) for half in _halves(node))
    for path in reversed(places(value)):
        if path:
            yield without(value, path)
        yield from (put(value, path, leaf) for leaf in _leaves(at(value, path)))


def _halves(node: Any) -> Iterator[Any]:
    if isinstance(node, list | str) and len(node) > 1:
        middle = len(node) // 2
        yield node[:middle]
        yield node[middle:]
    elif isinstance(node, dict) and len(node) > 1:
        names = list(node)
        for half in (names[: len(names) // 2], names[len(names) // 2 :]):
            yield {name: node[name] for name in half}


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, str) and node:
        yield from (node[: len(node) * eighths // 8] for eighths in (6, 7))
        yield from (node[: len(node) - fewer] for fewer in (100, 10, 1) if len(node) > fewer)
        yield from ("", "a", node[1:])
    elif isinstance(node, bool):
        yield False
    elif isinstance(node, int):
        yield from (0, 1, node // 2, node - 1 if node > 0 else node + 1)
    elif isinstance(node, float):
        yield from (0, 1, float(int(node)) if abs(node) < 1e15 else 0)


def fewer(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Sequences with some of the steps left out, halves first; the last step always stays."""
    *before, last = steps
    length = len(before)
    while length:
        for begin in range(0, len(before), length):
            yield [*before[:begin], *before[begin + length :], last]
        length //= 2
