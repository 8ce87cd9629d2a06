"""The file that names the workers of a matrix."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import documents
from conformance.errors import UsageError
from conformance.requirements import known
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.known import KnownFailure
from conformance.subject.chosen import subject as chosen_by
from conformance.subject.command import Command
from conformance.subject.place import Subject

SCHEMA = "matrix/workers.schema.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One worker of a matrix: a column of its table. ``known_file`` is where ``known`` is from."""

    name: str
    subject: Subject
    folder: Path
    build: tuple[Command, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, KnownFailure] = field(default_factory=dict)
    known_file: Path | None = None
    timeout_factor: float = 1.0


def load(path: Path, catalogue: Catalogue) -> list[Candidate]:
    """Read the workers of a matrix, in the order of the file.

    Raises:
        UsageError: a file cannot be read or has another form, or a name stands twice.
    """
    document = documents.read(path)
    documents.check(document, documents.schema(SCHEMA))
    candidates = [_candidate(entry, path.parent, catalogue) for entry in document.value["workers"]]
    names = [candidate.name for candidate in candidates]
    for number, name in enumerate(names):
        if name in names[:number]:
            complaint = f"two workers are called {name}; their columns need names"
            raise document.fault(("workers", number, "name"), complaint)
    return candidates


def chosen(candidates: list[Candidate], patterns: Iterable[str]) -> list[Candidate]:
    """The candidates whose names match one of the shell-style ``patterns``; all without any.

    Raises:
        UsageError: a pattern matches none.
    """
    names = [candidate.name for candidate in candidates]
    wanted: set[str] = set()
    for pattern in patterns:
        found = fnmatch.filter(names, pattern)
        if not found:
            raise UsageError(f"no worker matches {pattern!r}; there are {', '.join(names)}")
        wanted.update(found)
    return [candidate for candidate in candidates if not wanted or candidate.name in wanted]


def _candidate(entry: Mapping[str, Any], home: Path, catalogue: Catalogue) -> Candidate:
    folder = home / entry.get("folder", ".")
    listed = entry.get("known-failures")
    known_file = home / listed if listed else None
    subject: Subject
    if "image" in entry:
        subject = chosen_by(
            {"worker-image": entry["image"], "worker-network": entry.get("network")}
        )
    else:
        subject = _command(entry["command"], folder)
    return Candidate(
        name=entry["name"],
        subject=subject,
        folder=folder,
        build=tuple(_command(line, folder) for line in entry.get("build", ())),
        environment=entry.get("env", {}),
        known=known.load(known_file, catalogue) if known_file else {},
        known_file=known_file,
        timeout_factor=entry.get("timeout-factor", 1.0),
    )


def _command(text: str, folder: Path) -> Command:
    parsed = Command.parse(text)
    words = tuple(word.replace("{python}", sys.executable) for word in parsed.words)
    return Command(words, parsed.text, folder)
