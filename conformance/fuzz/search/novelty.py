"""What is new about an answer: answers without their variable parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.documents.trees import shape
from conformance.fuzz.target import Case
from conformance.trials.learning.wording import normalised


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of an input, as far as the search uses it.

    ``outcome`` is ``result``, ``error`` or another outcome; ``delay`` is in seconds. A result with
    a ``message`` is one that contains an error.
    """

    outcome: str
    code: str = ""
    message: str = ""
    stack: str = ""
    result: Any = None
    delay: float = 0.0
    log: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether it is a result that contains no complaint."""
        return self.outcome == "result" and not self.message

    @property
    def refusal(self) -> str:
        """The complaint in a result; empty if there is none, or if it is an error."""
        return self.message if self.outcome == "result" else ""


def traits(case: Case, answer: Answer) -> Iterator[str]:
    """What distinguishes an answer from others; one that was not seen before is news."""
    if answer.outcome == "result":
        refused = f" {normalised(answer.message, case.value)}" if answer.message else ""
        yield f"result {shape(answer.result)}{refused}"
    else:
        message = normalised(answer.message, case.value)
        yield f"{answer.outcome} {answer.code} {message}"
    if answer.delay >= 0.25:
        yield f"delay {int(answer.delay * 4).bit_length() // 2}"
    for line in answer.log:
        yield f"log {normalised(line, case.value)}"
