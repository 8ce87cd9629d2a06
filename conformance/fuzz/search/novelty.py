"""What is new about an answer: the answers of a worker without what differs by chance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.target import Case
from conformance.fuzz.values.trees import children, shape


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an input, as far as it steers.

    ``outcome`` is ``result``, ``error`` or what else became of it; ``delay`` is in seconds.
    """

    outcome: str
    code: str = ""
    message: str = ""
    stack: str = ""
    result: Any = None
    delay: float = 0.0
    log: tuple[str, ...] = ()


def traits(case: Case, answer: Answer) -> Iterator[str]:
    """What distinguishes an answer from others; one that was not seen before is news."""
    if answer.outcome == "result":
        yield f"result {shape(answer.result)}"
    else:
        message = normalised(answer.message, case.value)
        yield f"{answer.outcome} {answer.code} {message}"
    if answer.delay >= 0.25:
        yield f"delay {int(answer.delay * 4).bit_length() // 2}"
    for line in answer.log:
        yield f"log {normalised(line, case.value)}"


def normalised(text: str, value: Any = None) -> str:
    """A message without what differs from case to case: data, numbers, addresses."""
    text = text[:1000]
    for leaf in _texts(value):
        if leaf in text:
            text = text.replace(leaf, "‹data›")
    text = re.sub(r"tag-[0-9a-f]{12}", "‹data›", text)
    text = re.sub(
        r"0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:\.\d+)?(?:e[+-]?\d+)?", "#", text
    )
    text = re.sub(r"(\[|\{|\")(?:[^\]\}\"\n]{40,})(\]|\}|\")", r"\1…\2", text)
    return re.sub(r"\s+", " ", text)[:160]


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < 40:
        node = waiting.pop()
        if isinstance(node, str) and len(node) >= 4:
            found.append(node)
        waiting += (child for _, child in children(node))
    return sorted(found, key=len, reverse=True)
