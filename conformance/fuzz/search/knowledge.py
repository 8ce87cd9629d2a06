"""What was learned about one function, and which of its inputs are worth varying."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.fuzz.target import FuzzTarget

MOST_NEWS = 300
"""New traits counted for a function; if its answers always differ, more of them mean nothing."""

Proposal = tuple[Any, str, bool]
"""A value, where it comes from, and whether the engine would deliver it."""


@dataclass(slots=True)
class Kept:
    """An input that reached something new, and what is still to be tried with it."""

    value: Any
    steps: Iterator[Proposal]
    succeeded: bool
    worth: float = 1.0


@dataclass
class Knowledge:
    """What was learned about one function.

    ``waiting`` is what is tried next, ``names`` and ``values`` are what its data may consist of,
    and ``arms`` count, for each way of varying inputs, what it found and how often it was tried.
    """

    target: FuzzTarget
    kept: list[Kept] = field(default_factory=list)
    waiting: deque[Proposal] = field(default_factory=deque)
    news: set[str] = field(default_factory=set)
    names: Counter[str] = field(default_factory=Counter)
    values: list[Any] = field(default_factory=list)
    errors: int = 0
    results: int = 0
    arms: dict[str, list[float]] = field(default_factory=dict)
