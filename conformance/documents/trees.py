"""JSON values as trees: paths, and the values at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
"""Keys and positions from the root to a value."""

MOST_PLACES = 400


def places(value: Any) -> list[Path]:
    """The paths in a value, the root first and then level by level; of very many the first."""
    found: list[Path] = [()]
    level: list[tuple[Path, Any]] = [((), value)]
    while level and len(found) < MOST_PLACES:
        deeper: list[tuple[Path, Any]] = []
        for path, node in level:
            deeper += [((*path, key), child) for key, child in children(node)]
        found += (path for path, _ in deeper)
        level = deeper
    return found[:MOST_PLACES]


def children(node: Any) -> Iterator[tuple[str | int, Any]]:
    """What a value contains, with the keys or positions."""
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def at(value: Any, path: Path) -> Any:
    """The value at a path.

    Raises:
        LookupError: there is no such path.
    """
    for key in path:
        try:
            value = value[key]
        except TypeError:  # neither an object nor an array, or the other of the two
            raise LookupError(key) from None
    return value


def find(value: Any, path: Path, otherwise: Any = None) -> Any:
    """The value at a path; ``otherwise`` if there is no such path."""
    try:
        return at(value, path)
    except LookupError:
        return otherwise


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy of the value with ``new`` at a path, which is created if it is not there."""
    if not path:
        return new
    key, *rest = path
    if isinstance(key, int):
        items = list(value) if isinstance(value, list) else []
        items += [None] * (key + 1 - len(items))
        items[key] = put(items[key], tuple(rest), new)
        return items
    fields = dict(value) if isinstance(value, dict) else {}
    fields[key] = put(fields.get(key), tuple(rest), new)
    return fields


def without(value: Any, path: Path) -> Any:
    """A copy of the value without what is at a path other than the root."""
    *above, key = path
    holder = at(value, tuple(above))
    if isinstance(holder, dict):
        rest: Any = {name: child for name, child in holder.items() if name != key}
    else:
        rest = [child for number, child in enumerate(holder) if number != key]
    return put(value, tuple(above), rest)


def kind(value: Any) -> str:
    """The type of a value as JSON Schema names it; ``raw`` for what Python has no value for."""
    if value is None:
        return "null"
    names = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return names.get(type(value), "raw")


def size(value: Any) -> int:
    """How many nodes a value has."""
    total, waiting = 0, [value]
    while waiting:
        node = waiting.pop()
        total += 1
        waiting += (child for _, child in children(node))
    return total


def shape(value: Any, depth: int = 4) -> str:
    """The structure of a value without its contents, for telling answers apart."""
    if isinstance(value, dict):
        if depth == 0:
            return "{…}"
        fields = sorted(value)[:20]
        return "{" + ",".join(f"{name}:{shape(value[name], depth - 1)}" for name in fields) + "}"
    if isinstance(value, list):
        if depth == 0 or not value:
            return "[…]" if value else "[]"
        return f"[{shape(value[0], depth - 1)}{'' if len(value) == 1 else ',…'}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return "0" if value == 0 else "1" if value == 1 else "-n" if value < 0 else "n"
    return kind(value) if value != "" else '""'


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, whatever the notation of their numbers."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def varies_alike(one: Any, other: Any, third: Any) -> bool:
    """Whether ``third`` differs from ``one`` only in scalars in which ``other`` differs, too.

    So do random ids and times in the results of a function that does the same each time.
    """
    values = (one, other, third)
    if all(isinstance(value, dict) for value in values):
        same = one.keys() == other.keys() == third.keys()
        return same and all(varies_alike(one[k], other[k], third[k]) for k in one)
    if all(isinstance(value, list) for value in values):
        same = len(one) == len(other) == len(third)
        return same and all(map(varies_alike, *values))
    if equal(one, other):
        return equal(one, third)
    return type(one) is type(other) is type(third) and not isinstance(one, dict | list)


def where(value: Any, wanted: Any) -> list[Path]:
    """The paths at which ``wanted`` occurs in a value, those nearest the root first."""
    return [path for path in places(value) if equal(at(value, path), wanted)]
