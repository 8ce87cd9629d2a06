"""What the names of functions say: which of them stores something, and which reads that back.

Names are compared by their words: ``register_sample`` stores a sample, and ``get_sample`` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

STORES = frozenset((
    "store", "save", "put", "set", "remember", "persist", "insert", "memorize", "create", "add",
    "register", "open", "plant", "plan", "request", "receive", "intake", "write", "keep", "record",
))  # fmt: skip
RECALLS = frozenset((
    "recall", "get", "read", "load", "find", "search", "list", "query", "lookup", "show", "page",
    "track", "fetch", "view",
))  # fmt: skip
PLAIN = frozenset((
    *("store", "save", "put", "set", "remember", "persist", "insert", "memorize"),
    *("recall", "get", "read", "load", "find", "search", "list", "query", "lookup"),
))  # fmt: skip
"""Names that, alone, mean nothing but to store, or to read; ``open`` or ``page`` may."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SIDES = frozenset(("api", "http", "rest", "v", "by", "for", "of", "the", "a", "one", "all"))
"""Words about how a function is reached, or which of many things it gives."""


def couples(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of functions of one family, of which one stores a thing and one reads it, by name.

    Of several readers, the first is chosen, and one that reads a single thing before a list.
    """
    known = list(names)
    for store in known:
        family, thing = _parts(store, STORES)
        if thing is None:
            continue
        readers = [n for n in known if n != store and _parts(n, RECALLS) == (family, thing)]
        if readers:
            yield store, min(readers, key=_finds_many)


def is_plain(store: str, recall: str) -> bool:
    """Whether both names mean nothing but to store, and to read."""
    return all(name.rpartition("::")[2].lower() in PLAIN for name in (store, recall))


def _parts(name: str, verbs: frozenset[str]) -> tuple[str, frozenset[str] | None]:
    """The family of a function and what it is about; ``None`` if it does not do what is asked.

    A word of the family says nothing new: ``users::create_user`` is about the same as
    ``users::get``.
    """
    family, _, last = name.rpartition("::")
    words = [_singular(word.lower()) for word in _WORDS.findall(last)]
    if not verbs & set(words):
        return family, None
    known = {_singular(word.lower()) for word in _WORDS.findall(family)}
    return family, frozenset(words) - STORES - RECALLS - _SIDES - known


def _finds_many(name: str) -> bool:
    words = set(_WORDS.findall(name.rpartition("::")[2].lower()))
    return bool(words & {"list", "search", "query"})


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
