"""The progress of a matrix, from the events that its runs write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.report.journal import STREAM
from conformance.report.progress import duration, left

SHOWN = 3
"""How many workers a line names."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many verdicts each worker has, how many it will have, and which workers are done.

    ``seconds`` is how long it has taken so far.
    """

    total: int
    verdicts: Mapping[str, int]
    done: frozenset[str] = field(default_factory=frozenset)
    seconds: float = 0.0

    @property
    def part(self) -> float:
        """The part of all the work that is done, from 0 to 1."""
        parts = [
            1.0 if name in self.done else min(1.0, number / max(1, self.total))
            for name, number in self.verdicts.items()
        ]
        return sum(parts) / max(1, len(parts))

    def line(self) -> str:
        """The progress in a line."""
        words = [f"{len(self.done)} of {len(self.verdicts)} workers are judged"]
        busy = [(n, v) for n, v in self.verdicts.items() if v and n not in self.done]
        words += [f"{name} {number} of {self.total}" for name, number in busy[:SHOWN]]
        if len(busy) > SHOWN:
            words.append(f"{len(busy) - SHOWN} others")
        seconds = left(self.part, self.seconds)
        if seconds is not None:
            words.append(f"about {duration(seconds)} left")
        return ", ".join(words)


def verdicts(folder: Path) -> int:
    """How many verdicts the runs in a folder have reached so far."""
    return sum(_verdicts(stream) for stream in folder.rglob(STREAM))


def _verdicts(stream: Path) -> int:
    number = 0
    for line in stream.read_text("utf-8", "replace").splitlines():
        try:
            number += json.loads(line).get("event") == "verdict"
        except ValueError:  # the last line may be half written
            break
    return number
