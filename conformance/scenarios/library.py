"""Where scenarios are found: files, folders, and the library of the suite."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from conformance.documents.nodes import DocumentError, suggestion
from conformance.scenarios.reading import load
from conformance.scenarios.steps import Scenario

SHIPPED = "shipped"
"""How the suite's scenarios are named: ``shipped`` all, ``shipped:NAME`` and ``shipped:re*``
some."""

PARTS = "parts"
"""The folder of files that others include."""


def folder() -> Path:
    """The folder of the library."""
    return Path(str(resources.files("conformance.scenarios") / "library"))


def shipped() -> dict[str, Path]:
    """The files of the library, by name."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


def files(wanted: str) -> list[Path]:
    """The files that one ``--scenario`` means.

    Raises:
        DocumentError: there are none.
    """
    word, colon, pattern = wanted.partition(":")
    if word == SHIPPED and (colon or not Path(wanted).exists()):
        return _of_library(pattern)
    path = Path(wanted)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*.y*ml") if PARTS not in p.relative_to(path).parts)
        if not found:
            raise DocumentError(f"--scenario: {path}: there is no .yaml file in this folder")
        return found
    if not path.exists():
        hint = f"; the suite's own is {SHIPPED}:{wanted}" if wanted in shipped() else ""
        raise DocumentError(
            f"--scenario: {path}: there is no such file or folder{hint} (`--scenario {SHIPPED}` "
            "plays those that come with the suite)"
        )
    return [path]


def _of_library(pattern: str) -> list[Path]:
    known = shipped()
    names = fnmatch.filter(known, pattern or "*")
    if not names:
        hint = suggestion(pattern, known)
        raise DocumentError(f"--scenario: the suite has no scenario {pattern!r}{hint}")
    return [known[name] for name in names]


def names(wanted: Iterable[str]) -> set[str]:
    """The names of scenarios that the suite has, or that are wanted or stand beside those.

    Raises:
        DocumentError: one that is wanted cannot be found or used.
    """
    paths = [path for each in wanted for path in files(each)]
    beside = {other.stem for path in paths for other in path.parent.glob("*.y*ml")}
    return {*shipped(), *beside, *(load(path).name for path in paths)}


def choose(wanted: Iterable[str], values: Mapping[str, str]) -> list[Scenario]:
    """Read every wanted scenario, each once; ``given`` are values of their parameters.

    Raises:
        DocumentError: one cannot be found or used, or a parameter belongs to none of them.
    """
    paths = dict.fromkeys(path for each in wanted for path in files(each))
    scenarios = [load(path, values) for path in paths]
    known = {name for scenario in scenarios for name in scenario.parameters}
    for name in values:
        if name not in known:
            hint = suggestion(name, known) if known else "; they have none"
            raise DocumentError(f"--scenario-param: no scenario has a parameter `{name}`{hint}")
    seen: dict[str, Scenario] = {}
    for scenario in scenarios:
        if scenario.name in seen:
            raise DocumentError(
                f"{scenario.place.file}: the name {scenario.name!r} is that of "
                f"{seen[scenario.name].place.file}; give one of them another `name`"
            )
        seen[scenario.name] = scenario
    return scenarios
