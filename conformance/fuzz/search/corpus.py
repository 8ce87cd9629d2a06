"""Inputs worth keeping, shared by all runners that fuzz the same worker.

A corpus is kept in an example database of Hypothesis: in memory, in a folder, or in Redis, where
runners on several machines share what they find. An entry is a function's id and JSON data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase

from conformance.fuzz.target import Case

KEY = b"iii-conformance.fuzz.inputs"
LARGEST = 4096
"""Bytes of an input that is worth sharing."""


class Corpus:
    """The inputs that reached something new."""

    def __init__(self, database: ExampleDatabase | None = None) -> None:
        self._database = InMemoryExampleDatabase() if database is None else database
        self._known: set[bytes] = set()

    def keep(self, function_id: str, case: Case) -> None:
        """Keep an input, for later runs and for others."""
        if len(case.text) > LARGEST or not case.deliverable:
            return
        entry = json.dumps([function_id]).encode() + b"\n" + case.text
        if entry not in self._known:
            self._known.add(entry)
            self._database.save(KEY, entry)

    def inputs(self) -> list[tuple[str, Any]]:
        """All inputs that are kept, always in the same order."""
        return list(self.news())

    def news(self) -> Iterator[tuple[str, Any]]:
        """What other runners have kept since the last call."""
        for entry in sorted(set(self._database.fetch(KEY)) - self._known):
            self._known.add(entry)
            name, _, text = entry.partition(b"\n")
            try:
                yield json.loads(name)[0], json.loads(text)
            except (ValueError, IndexError, TypeError, RecursionError):
                continue
