"""The file that names the workers of a matrix."""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from conformance import known
from conformance.catalogue import Catalogue
from conformance.errors import UsageError
from conformance.known import KnownFailure
from conformance.subject.chosen import subject as chosen_by
from conformance.subject.command import Command
from conformance.subject.place import Subject


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
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise UsageError(f"{path}: no YAML: {fault}") from None
    for wrong in sorted(_validator().iter_errors(document), key=lambda wrong: wrong.json_path):
        raise UsageError(
            f"{path}: {wrong.json_path.removeprefix('$.')}: {wrong.message}\n"
            "expected a list `workers`, each with `name` and `command` (or `image`), and perhaps "
            "`build`, `folder`, `env`, `known-failures`, `timeout-factor`"
        )
    candidates = [_candidate(entry, path.parent, catalogue) for entry in document["workers"]]
    names = [candidate.name for candidate in candidates]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{path}: two workers are called {name}; their columns need names")
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


def _validator() -> Draft202012Validator:
    schema = resources.files("conformance.matrix") / "workers.schema.json"
    return Draft202012Validator(json.loads(schema.read_text("utf-8")))
