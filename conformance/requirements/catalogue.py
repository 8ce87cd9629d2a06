"""The requirements: one entry per normative sentence, in one YAML file per phase.

An id is frozen once released: its sentence may become clearer, never mean something else.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from jsonschema import Draft202012Validator

from conformance import documents
from conformance.errors import UsageError
from conformance.requirements.verdict import Level

SCHEMA = "requirements/catalogue.schema.json"


class CatalogueError(UsageError):
    """A catalogue file breaks the rules of its schema or contradicts another entry."""


class Method(Enum):
    """How a requirement is tested."""

    BLACK_BOX = "black-box"
    COOPERATIVE = "cooperative"
    UNTESTABLE = "untestable"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence that a worker must, should or may keep.

    ``needs`` are ids of requirements without which this one cannot be judged; ``since`` and
    ``until`` are protocol versions (the first and the last that know the rule). What must hold
    ``always`` is judged on everything that was seen, in whatever trial. Engines from
    ``engine_since`` on enforce the rule, whatever version the worker speaks. ``probes`` are the
    recorded conversations that show what an engine is required to do.
    """

    id: str
    phase: str
    level: Level
    sentence: str
    source: str
    method: Method
    needs: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    engine_since: str | None = None
    reason: str | None = None
    bugs: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    always: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every requirement, in the order of the life cycle."""

    phases: Mapping[str, str]
    requirements: Mapping[str, Requirement]

    def __iter__(self) -> Iterator[Requirement]:
        """Iterate over the requirements in order."""
        return iter(self.requirements.values())

    def __getitem__(self, requirement_id: str) -> Requirement:
        """Return the requirement with this id.

        Raises:
            KeyError: there is none.
        """
        return self.requirements[requirement_id]

    def matching(self, patterns: Iterable[str]) -> list[Requirement]:
        """The requirements whose id matches one of the shell-style ``patterns``.

        Raises:
            CatalogueError: a pattern matches nothing.
        """
        chosen: set[str] = set()
        for pattern in patterns:
            found = fnmatch.filter(self.requirements, pattern.upper())
            if not found:
                raise CatalogueError(
                    f"no requirement matches {pattern!r}; "
                    "`python -m conformance list` shows every id"
                )
            chosen.update(found)
        return [requirement for requirement in self if requirement.id in chosen]


@cache
def load() -> Catalogue:
    """Read the catalogue of what workers are required to do.

    Raises:
        CatalogueError: a file is malformed, there is a duplicate id, or a prerequisite is unknown.
    """
    return _read(resources.files("conformance") / "requirements")


@cache
def load_of_engines() -> Catalogue:
    """Read the catalogue of what engines are required to do.

    Raises:
        CatalogueError: as for ``load``.
    """
    return _read(resources.files("conformance") / "requirements" / "engines")


def _read(folder: Traversable) -> Catalogue:
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    texts = [(entry.name, entry.read_text("utf-8")) for entry in files]
    contents = [(name, documents.parse(text, name).value) for name, text in texts]
    return build(
        contents, Draft202012Validator(documents.schema("requirements/catalogue.schema.json"))
    )


def build(contents: Iterable[tuple[str, Any]], validator: Draft202012Validator) -> Catalogue:
    """Make a catalogue from parsed files, given as (file name, content), in the order they name.

    Raises:
        CatalogueError: as for ``load``.
    """
    phases: dict[str, str] = {}
    requirements: dict[str, Requirement] = {}
    for name, document in _ordered(list(contents), validator):
        phases[document["phase"]] = document["title"]
        for entry in document["requirements"]:
            if entry["id"] in requirements:
                raise CatalogueError(f"{name}: {entry['id']} stands twice")
            requirements[entry["id"]] = _requirement(document["phase"], entry)
    for requirement in requirements.values():
        for need in requirement.needs:
            if need not in requirements:
                raise CatalogueError(f"{requirement.id} needs {need}, which does not exist")
    return Catalogue(phases, requirements)


def _ordered(
    contents: list[tuple[str, Any]], validator: Draft202012Validator
) -> list[tuple[str, Any]]:
    """The files in the order of the life cycle, which each gives as ``order``."""
    places: dict[int, str] = {}
    for name, document in contents:
        for fault in validator.iter_errors(document):
            raise CatalogueError(f"{name}: {fault.json_path}: {fault.message}")
        if name != f"{document['phase']}.yaml":
            raise CatalogueError(f"{name} is of the phase {document['phase']}; name it so")
        other = places.setdefault(document["order"], name)
        if other != name:
            raise CatalogueError(f"{name} and {other} both say order: {document['order']}")
    return sorted(contents, key=lambda each: int(each[1]["order"]))


def _requirement(phase: str, entry: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=entry["id"],
        phase=phase,
        level=Level(entry["level"]),
        sentence=entry["sentence"],
        source=entry["source"],
        method=Method(entry["method"]),
        needs=tuple(entry.get("needs", ())),
        since=entry.get("since"),
        until=entry.get("until"),
        engine_since=entry.get("engine-since"),
        reason=entry.get("reason"),
        bugs=tuple(entry.get("bugs", ())),
        probes=tuple(entry.get("probes", ())),
        always=entry.get("always", False),
    )
