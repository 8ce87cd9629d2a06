"""The filters of observers: which events reach a target.

A filter is an object of clauses that must all hold: paths with operators, ``$and``, ``$or`` and
``$not``. A path begins at ``input``, ``output``, ``error``, ``caller`` or ``metadata``; inside
``$any`` it begins at ``@``, the element. Numbers compare as doubles, and nothing is converted. The
rules and limits are those that the SDKs of 0.25 apply to the same filters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from mock_engine.failures import Failure

Document = Mapping[str, Any]
"""The event that a filter is applied to; a missing root is absent, a root of ``None`` is null."""

Clause = Callable[[Document, Any], bool]
Test = Callable[[Any, Document], bool]

ROOTS = ("input", "output", "error", "caller", "metadata")
DEEPEST = 8
MOST_NODES = 64
MOST_ITEMS = 256
LONGEST_PATH = 16
LARGEST = 8192
DEEPEST_LITERAL = 32
SAFE = 2**53

_INDEX = re.compile(r"0|[1-9][0-9]{0,14}")
_SEGMENT = re.compile(r"(?:[^.\\]|\\[.\\])+")


class _Absent:
    pass


ABSENT = _Absent()

ORDERS: Mapping[str, Callable[[int], bool]] = {
    "$gt": lambda order: order > 0,
    "$gte": lambda order: order >= 0,
    "$lt": lambda order: order < 0,
    "$lte": lambda order: order <= 0,
}


class Filter:
    """A valid filter; ``source`` is the JSON value it was read from.

    Raises:
        Failure: ``INVALID_FILTER``, with what is wrong.
    """

    def __init__(self, source: Any) -> None:
        if not isinstance(source, dict):
            raise _invalid(f"a filter must be a JSON object, found {_kind(source)}")
        if len(json.dumps(source, ensure_ascii=False, separators=(",", ":")).encode()) > LARGEST:
            raise _invalid(f"the filter encodes to more than {LARGEST} bytes")
        self.source: dict[str, Any] = source
        self._clause = _Reader().clauses(source, 1, inside=False)

    def matches(self, document: Document) -> bool:
        """Whether an event passes."""
        return self._clause(document, None)


class _Reader:
    def __init__(self) -> None:
        self._nodes = 0

    def clauses(self, source: Any, depth: int, *, inside: bool) -> Clause:
        if not isinstance(source, dict):
            raise _invalid(f"a filter must be a JSON object, found {_kind(source)}")
        if depth > DEEPEST:
            raise _invalid(f"filters nested deeper than {DEEPEST} levels")
        parts = [self._clause(key, value, depth, inside) for key, value in source.items()]
        return lambda document, element: all(part(document, element) for part in parts)

    def _clause(self, key: str, value: Any, depth: int, inside: bool) -> Clause:
        match key:
            case "$and":
                every = [self.clauses(v, depth, inside=inside) for v in _filters(key, value)]
                return lambda document, element: all(part(document, element) for part in every)
            case "$or":
                self._count()
                some = [self.clauses(v, depth + 1, inside=inside) for v in _filters(key, value)]
                return lambda document, element: any(part(document, element) for part in some)
            case "$not":
                self._count()
                part = self.clauses(value, depth + 1, inside=inside)
                return lambda document, element: not part(document, element)
        if key.startswith("$"):
            raise _invalid(f"unknown operator `{key}` (a filter holds paths, $and, $or and $not)")
        root, segments = _path(key, inside)
        tests = self._tests(key, value, depth)

        def holds(document: Document, element: Any) -> bool:
            start = element if root == "@" else document.get(root, ABSENT)
            found = _resolve(start, segments)
            return all(test(found, document) for test in tests)

        return holds

    def _tests(self, path: str, value: Any, depth: int) -> list[Test]:
        if not isinstance(value, dict) or any(not key.startswith("$") for key in value):
            text = 'expected an operator object such as {"$eq": ...}'
            raise _invalid(f"`{path}`: {text}; literal values are not allowed")
        if not value:
            raise _invalid(f"`{path}`: empty operator object")
        return [self._test(path, name, operand, depth) for name, operand in value.items()]

    def _test(self, path: str, name: str, operand: Any, depth: int) -> Test:
        self._count()
        where = f"`{path}`: `{name}`"
        match name:
            case "$eq" | "$ne":
                _check_literal(where, operand)
                wanted = name == "$eq"
                return lambda value, _: _equal(value, operand) is wanted
            case "$in" | "$nin":
                items = _set(where, operand)
                within = name == "$in"
                return lambda value, _: any(_equal(value, item) for item in items) is within
            case "$exists":
                _expect(where, operand, bool, "a boolean")
                return lambda value, _: (value is not ABSENT) is operand
            case "$prefix":
                _expect(where, operand, str, "a string")
                return lambda value, _: isinstance(value, str) and value.startswith(operand)
            case "$any":
                return self._any(where, path, operand, depth)
        if name in ORDERS:
            if not _is_number(operand) and not isinstance(operand, str):
                raise _invalid(f"{where} takes a number or a string, found {_kind(operand)}")
            _check_literal(where, operand)
            return lambda value, _: _ordered(value, operand, ORDERS[name])
        raise _invalid(f"`{path}`: unknown operator `{name}`")

    def _any(self, where: str, path: str, operand: Any, depth: int) -> Test:
        _expect(where, operand, dict, "an operator object or a filter over `@`")
        if depth + 1 > DEEPEST:
            raise _invalid(f"filters nested deeper than {DEEPEST} levels")
        combined = ("$and", "$or", "$not")
        if operand and all(k.startswith("$") and k not in combined for k in operand):
            tests = self._tests(path, operand, depth + 1)
            return lambda value, document: (
                isinstance(value, list)
                and any(all(test(item, document) for test in tests) for item in value)
            )
        part = self.clauses(operand, depth + 1, inside=True)
        return lambda value, document: (
            isinstance(value, list) and any(part(document, item) for item in value)
        )

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _invalid(f"more than {MOST_NODES} operator / clause nodes")


def _invalid(text: str) -> Failure:
    return Failure("INVALID_FILTER", text)


def _filters(name: str, value: Any) -> list[Any]:
    _expect(f"`{name}`", value, list, "an array of filters")
    if not value:
        raise _invalid(f"`{name}` takes a non-empty array of filters")
    found: list[Any] = value
    return found


def _set(where: str, value: Any) -> list[Any]:
    _expect(where, value, list, "an array")
    if len(value) > MOST_ITEMS:
        raise _invalid(f"{where} has {len(value)} items (limit {MOST_ITEMS})")
    for item in value:
        _check_literal(where, item)
    found: list[Any] = value
    return found


def _expect(where: str, value: Any, kind: type, words: str) -> None:
    if not isinstance(value, kind):
        raise _invalid(f"{where} takes {words}, found {_kind(value)}")


def _path(raw: str, inside: bool) -> tuple[str, list[str]]:
    segments: list[str] = []
    at = 0
    while True:
        found = _SEGMENT.match(raw, at)
        if found is None:
            raise _invalid(f"path `{raw}`: empty segment, or a backslash that escapes nothing")
        segments.append(re.sub(r"\\(.)", r"\1", found[0]))
        at = found.end()
        if at == len(raw):
            break
        if raw[at] != ".":
            raise _invalid(f"path `{raw}`: invalid escape (only `\\.` and `\\\\` are allowed)")
        at += 1
    root = segments[0]
    if inside and root != "@":
        raise _invalid(f"path `{raw}`: inside `$any` paths start at `@`, the current element")
    if not inside and root not in ROOTS:
        raise _invalid(f"path `{raw}`: unknown root `{root}` (expected {', '.join(ROOTS)})")
    if len(segments) - 1 > LONGEST_PATH:
        text = f"{len(segments) - 1} segments after the root (limit {LONGEST_PATH})"
        raise _invalid(f"path `{raw}`: {text}")
    return root, segments[1:]


def _resolve(value: Any, segments: list[str]) -> Any:
    for segment in segments:
        if isinstance(value, dict):
            value = value.get(segment, ABSENT)
        elif isinstance(value, list) and _INDEX.fullmatch(segment) and int(segment) < len(value):
            value = value[int(segment)]
        else:
            return ABSENT
    return value


def _check_literal(where: str, literal: Any) -> None:
    stack = [(literal, 1)]
    while stack:
        value, level = stack.pop()
        if _is_number(value) and abs(value) > SAFE:
            raise _invalid(f"{where}: the number {value} is outside ±2^53")
        if isinstance(value, dict | list):
            if level > DEEPEST_LITERAL:
                raise _invalid(f"{where} nests a literal deeper than {DEEPEST_LITERAL} levels")
            inner = value.values() if isinstance(value, dict) else value
            stack += [(item, level + 1) for item in inner]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(value: Any, bound: Any, accept: Callable[[int], bool]) -> bool:
    comparable = isinstance(value, str) and isinstance(bound, str)
    comparable = comparable or (_is_number(value) and _is_number(bound))
    return comparable and accept((value > bound) - (value < bound))


def _equal(value: Any, literal: Any) -> bool:
    """JSON equality: true is not a number, and the order of keys does not matter."""
    if isinstance(literal, dict):
        same = isinstance(value, dict) and value.keys() == literal.keys()
        return same and all(_equal(value[key], part) for key, part in literal.items())
    if isinstance(literal, list):
        same = isinstance(value, list) and len(value) == len(literal)
        return same and all(map(_equal, value, literal))
    if _is_number(literal):
        return _is_number(value) and float(value) == float(literal)
    return type(value) is type(literal) and bool(value == literal)


def _kind(value: Any) -> str:
    words = {type(None): "null", list: "an array", bool: "a boolean", str: "a string"}
    words |= {int: "a number", float: "a number"}
    return words.get(type(value), "an object")
