"""Where the randomness of a value comes from.

Values are built from entropy. A random source makes them fast and from a seed, for campaigns of
thousands a second; Hypothesis makes them so that it can shrink and store them. One generator serves
both, so both produce the same kinds of values.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from hypothesis import strategies as st

Option = TypeVar("Option")


class Entropy(Protocol):
    """A source of entropy. The first option and the least number are the simplest."""

    def whole(self, least: int, most: int) -> int:
        """An integer within bounds, both inclusive."""
        ...

    def pick(self, options: Sequence[Option]) -> Option:
        """One of some options, of which there must be at least one."""
        ...

    def chance(self, percent: int) -> bool:
        """True in ``percent`` of a hundred cases."""
        ...


class RandomEntropy:
    """Entropy from a pseudo-random source; the same seed gives the same values."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def whole(self, least: int, most: int) -> int:
        """As ``Entropy``."""
        return least + int(self._source.random() * (most - least + 1))

    def pick(self, options: Sequence[Option]) -> Option:
        """As ``Entropy``."""
        return options[int(self._source.random() * len(options))]

    def chance(self, percent: int) -> bool:
        """As ``Entropy``."""
        return self._source.random() * 100 < percent


class DrawnEntropy:
    """Entropy that Hypothesis draws."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def whole(self, least: int, most: int) -> int:
        """As ``Entropy``."""
        return self._draw(st.integers(least, most))

    def pick(self, options: Sequence[Option]) -> Option:
        """As ``Entropy``."""
        return options[self._draw(st.integers(0, len(options) - 1))]

    def chance(self, percent: int) -> bool:
        """As ``Entropy``."""
        return self._draw(st.integers(0, 99)) >= 100 - percent
