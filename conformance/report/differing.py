"""What was expected and what was seen, with the differing words marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\w+|\s+|[^\w\s]")

ALIKE = 0.5
"""The least similarity of two texts whose differences are worth marking: half of their words."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, and whether the other text has another in its place."""

    text: str
    differs: bool


def compared(expected: str, seen: str) -> tuple[list[Span], list[Span]]:
    """Both texts in spans. Texts that have little in common have no marks: all of it differs."""
    left, right = WORD.findall(expected), WORD.findall(seen)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if expected == seen or matcher.ratio() < ALIKE:
        return [Span(expected, False)], [Span(seen, False)]
    codes = matcher.get_opcodes()
    return (
        _joined(Span("".join(left[i:j]), tag != "equal") for tag, i, j, _, _ in codes),
        _joined(Span("".join(right[i:j]), tag != "equal") for tag, _, _, i, j in codes),
    )


def _joined(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.text]
