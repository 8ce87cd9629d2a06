"""Changes data as a complaint about it suggests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from conformance.documents.trees import Path, at, kind, places, put
from conformance.trials.learning.guesses import BY_KIND, guesses
from conformance.trials.learning.hint import Hint

MOST_TRIES = 40
"""Values tried for one hint; hints are guesses."""

MOST_SAMPLES = 6
"""Values tried for a field in all parts of a request at once."""

MOST_MIXED = 4
"""Fields of one complaint of which each is tried as the only number."""

BLIND: Mapping[str, tuple[str, ...]] = {
    "array": (
        *("items", "lines", "data", "list", "entries", "messages", "events", "values", "ids"),
        *("records", "rows", "steps", "tasks", "tags", "points", "inputs", "documents"),
    ),
    "string": (
        *("text", "name", "message", "content", "query", "input", "title", "id", "value"),
        *("prompt", "path", "url", "key", "type"),
    ),
}
"""Names tried for a field of which only the type is known: "reading 'reduce'"."""

REQUEST_PARTS = ("body", "query_params", "path_params")

Guess = Callable[[str, str | None], list[Any]]
"""Likely values of a field with this name, of this kind if one is known."""


def followed(
    value: Any, complaint: Iterable[Hint], names: Iterable[str], guess: Guess = guesses
) -> Iterator[Any]:
    """The value changed as each hint suggests; ``names`` are those of known fields."""
    for hint in complaint:
        yield from islice(_as_hinted(value, hint, names, guess), MOST_TRIES)


def all_at_once(value: Any, complaint: Iterable[Hint], guess: Guess = guesses) -> Iterator[Any]:
    """The value with every field that one complaint misses, in each holder: "a and b required".

    A function may ask for the same fields again because of their types, without naming these: texts
    are tried first, then numbers, and then a number for each of a few.
    """
    lacking = [hint for hint in complaint if hint.name and hint.path is None]
    if lacking and request_parts(value):
        yield _in_each_part(value, {str(hint.name): _first(hint, guess) for hint in lacking})
        for hint in lacking:
            name = str(hint.name)
            for sample in islice(_wanted(hint, name, guess), MOST_SAMPLES):
                yield _in_each_part(value, {name: sample})
    if len({hint.name for hint in lacking}) < 2:
        return
    found = [path for path in places(value) if isinstance(at(value, path), dict)]
    holders = sorted(found or [()], key=lambda path: -len(path))
    for path in holders:
        yield _filled(value, path, {str(hint.name): _first(hint, guess) for hint in lacking})
    for path in holders:
        first = {str(hint.name): _first(hint, guess) for hint in lacking}
        untyped = [str(hint.name) for hint in lacking if not (hint.options or hint.kind)]
        yield _filled(value, path, first | dict.fromkeys(untyped, 1))
        if path == () and len(untyped) <= MOST_MIXED:
            yield from (_filled(value, path, {**first, name: 1}) for name in untyped)


def _filled(value: Any, path: Path, members: Mapping[str, Any]) -> Any:
    changed = value if isinstance(value, dict) else {}
    for name, member in members.items():
        changed = put(changed, (*path, name), member)
    return changed


def request_parts(value: Any) -> list[str]:
    """The parts of an HTTP request that hold what a function needs, if the value is a request."""
    if not isinstance(value, dict) or "path_params" not in value:
        return []
    return [name for name in REQUEST_PARTS if isinstance(value.get(name), dict)]


def _in_each_part(request: Any, members: Mapping[str, Any]) -> Any:
    """A request with every missing field in each place where a function may look for it."""
    for part in request_parts(request):
        for name, sample in members.items():
            text = sample if part == "body" or isinstance(sample, str) else str(sample)
            request = put(request, (part, name), text)
    return request


def _first(hint: Hint, guess: Guess) -> Any:
    return hint.options[0] if hint.options else guess(str(hint.name), hint.kind)[0]


def _wanted(hint: Hint, name: str, guess: Guess) -> Iterable[Any]:
    if hint.options:
        return hint.options
    if name:
        return guess(name, hint.kind)
    return BY_KIND[hint.kind] if hint.kind else guess("", None)


def _as_hinted(value: Any, hint: Hint, names: Iterable[str], guess: Guess) -> Iterator[Any]:
    if hint.path is not None:
        last = hint.path[-1] if hint.path else ""
        for sample in _wanted(hint, last if isinstance(last, str) else "", guess):
            yield from (put(value, path, sample) for path in _rooted(value, hint))
        return
    spots = places(value)
    if hint.name:
        yield from _named(value, hint, spots, names, guess)
        return
    wanted = _wanted(hint, "", guess)
    for path in sorted(spots, key=lambda path: -len(path)):
        if hint.found in (None, kind(at(value, path))):
            yield from (put(value, path, sample) for sample in wanted)
    if hint.kind is not None and hint.found is None and isinstance(value, dict):
        blind = (name for name in BLIND.get(hint.kind, ()) if name not in value)
        yield from ({**value, name: BY_KIND[str(hint.kind)][-1]} for name in blind)


def _named(
    value: Any, hint: Hint, spots: list[tuple[str | int, ...]], names: Iterable[str], guess: Guess
) -> Iterator[Any]:
    """The value with a field that was missing, or whose value was wrong."""
    name = str(hint.name)
    wanted = _wanted(hint, name, guess)
    holders = [p for p in spots if isinstance(at(value, p), dict)]
    lacking = [p for p in holders if name not in at(value, p)]
    if not holders:
        yield from ({name: sample} for sample in wanted)
    for path in sorted(lacking, key=lambda path: -len(path)):
        yield from (put(value, (*path, name), sample) for sample in wanted)
    for path in holders:
        if name in at(value, path):
            yield from (put(value, (*path, name), sample) for sample in wanted)
    yield from _beneath(value, name, names)


def _rooted(value: Any, hint: Hint) -> Iterator[tuple[str | int, ...]]:
    """Where the path of a hint may begin: at the root, or in a holder such as ``body``."""
    assert hint.path is not None
    yield hint.path
    if isinstance(value, dict):
        for holder in ("body", "data", "input", "payload"):
            if isinstance(value.get(holder), dict):
                yield (holder, *hint.path)


def _beneath(value: Any, name: str, names: Iterable[str]) -> Iterator[Any]:
    """An object with the field in place of each value that is none: its holder was missing."""
    for path in places(value):
        if not isinstance(at(value, path), dict):
            yield put(value, path, {name: 1})
    for path in places(value):
        for holder in list(names):
            if holder != name and isinstance(at(value, path), dict):
                yield put(value, (*path, holder, name), 1)
