"""The file that names the workers of a matrix.

A worker has keys of its own (name, command or image, build, folder, env, tags, limit), and those of
``conformance.yaml``, with the same meaning. ``defaults`` apply to every worker that does not say
otherwise; mappings are joined, everything else is replaced.
"""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from conformance import documents
from conformance.errors import UsageError
from conformance.requirements import known, sdks
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.known import KnownFailure
from conformance.settings import configuration
from conformance.subject.command import Command
from conformance.subject.environment import ADDRESS_VARIABLES

SCHEMA = "matrix/workers.schema.json"

OTHERWISE_NAMED = ("worker-cmd", "worker-image", "worker-attach", "worker-network", "worker-env")
"""Keys of ``conformance.yaml`` that have shorter names here, or make no sense for many workers."""

NAMING = ("name", "command", "image", "network")
"""Keys that identify one worker, so that they cannot be defaults."""

OWN = ("name", "command", "image", "network", "build", "folder", "env", "tags", "limit")

LIMIT = 900.0
"""How many seconds judging one worker may take, unless the file says otherwise: the full level
takes a tenth of that."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One worker of a matrix: a column of its table.

    ``command`` are the words that start it; it is empty if ``image`` names a container instead,
    which may have a ``network``. ``options`` are keys of ``conformance.yaml`` with their values.
    ``known_file`` is where ``known`` is from. ``limit`` is how many seconds judging it may take.
    """

    name: str
    folder: Path
    command: tuple[str, ...] = ()
    image: str = ""
    network: str = ""
    build: tuple[Command, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    known: Mapping[str, KnownFailure] = field(default_factory=dict)
    known_file: Path | None = None
    limit: float = LIMIT

    @property
    def text(self) -> str:
        """What starts the worker, as text."""
        return self.image or " ".join(self.command)


@cache
def schema() -> Mapping[str, Any]:
    """The schema of the file, which includes the keys of ``conformance.yaml``."""
    form = dict(documents.schema(SCHEMA))
    settings = documents.schema(configuration.SCHEMA)
    shared = {k: v for k, v in settings["properties"].items() if k not in OTHERWISE_NAMED}
    kinds = dict(form["$defs"])
    for kind in ("worker", "defaults"):
        properties = kinds["properties"]["properties"] | shared
        kinds[kind] = {**kinds[kind], "properties": properties}
    kinds["defaults"]["properties"] = {
        k: v for k, v in kinds["defaults"]["properties"].items() if k not in NAMING
    }
    return {**form, "$defs": {**settings["$defs"], **kinds}}


def load(path: Path, catalogue: Catalogue) -> list[Candidate]:
    """Read the workers of a matrix, in the order of the file.

    Raises:
        UsageError: a file cannot be read or has another form, or there is a duplicate name.
    """
    document = documents.read(path)
    documents.check(document, schema())
    defaults = document.value.get("defaults") or {}
    entries = [_joined(defaults, entry) for entry in document.value["workers"]]
    names = [entry["name"] for entry in entries]
    for number, name in enumerate(names):
        if name in names[:number]:
            complaint = f"two workers are called {name}; their columns need names"
            raise document.fault(("workers", number, "name"), complaint)
    return [_candidate(entry, path.parent.absolute(), catalogue) for entry in entries]


def chosen(
    candidates: list[Candidate], patterns: Iterable[str], tags: Iterable[str] = ()
) -> list[Candidate]:
    """The candidates whose names match one of the shell-style ``patterns``, with one of ``tags``.

    Without patterns every name matches, and without tags every worker.

    Raises:
        UsageError: a pattern matches none, or no worker has a tag.
    """
    wanted = _found("worker matches", patterns, {c.name: [c.name] for c in candidates})
    tagged = _found("worker has the tag", tags, {c.name: list(c.tags) for c in candidates})
    return [
        candidate
        for candidate in candidates
        if (wanted is None or candidate.name in wanted)
        and (tagged is None or candidate.name in tagged)
    ]


def _found(what: str, patterns: Iterable[str], labels: Mapping[str, list[str]]) -> set[str] | None:
    """The names with a label that matches one of the patterns; ``None`` without patterns."""
    wanted: set[str] | None = None
    for pattern in patterns:
        found = {name for name, of_it in labels.items() if fnmatch.filter(of_it, pattern)}
        if not found:
            every = ", ".join(dict.fromkeys(label for of_it in labels.values() for label in of_it))
            raise UsageError(f"no {what} {pattern!r}; there are {every or 'none'}")
        wanted = (wanted or set()) | found
    return wanted


def _joined(defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A worker with the defaults for what it does not say itself."""
    return {**defaults} | {
        name: {**defaults[name], **value} if isinstance(defaults.get(name), dict) else value
        for name, value in entry.items()
    }


def _candidate(entry: Mapping[str, Any], home: Path, catalogue: Catalogue) -> Candidate:
    folder = home / entry.get("folder", ".")
    listed = entry.get("known-failures", [])
    names = [listed] if isinstance(listed, str) else listed
    files = [home / name for name in names if name != sdks.SDK]
    known_file = files[0] if files else None
    environment = entry.get("env", {})
    for name in ADDRESS_VARIABLES:
        if name in environment:
            raise UsageError(
                f"{entry['name']}: {name} is the engine's address, which is set for it"
            )
    options = {k: v for k, v in entry.items() if k not in (*OWN, "known-failures")}
    if names:
        options["known-failures"] = [*map(str, files), *(n for n in names if n == sdks.SDK)]
    return Candidate(
        name=entry["name"],
        folder=folder,
        command=_command(entry["command"], folder).words if "command" in entry else (),
        image=entry.get("image", ""),
        network=entry.get("network", ""),
        build=tuple(_command(line, folder) for line in entry.get("build", ())),
        environment=environment,
        options=options,
        tags=tuple(entry.get("tags", ())),
        known=known.load(known_file, catalogue) if known_file else {},
        known_file=known_file,
        limit=float(entry.get("limit", LIMIT)),
    )


def _command(text: str, folder: Path) -> Command:
    parsed = Command.parse(text)
    words = tuple(word.replace("{python}", sys.executable) for word in parsed.words)
    return Command(words, parsed.text, folder)
