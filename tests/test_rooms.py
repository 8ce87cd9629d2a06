"""The structure of the code: rooms in their order, imports in one direction, no import cycle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
ROOMS = (
    "plugin",
    "commands",
    "matrix",
    "report",
    "scenarios",
    "engines",
    "fuzz",
    "judging",
    "checks",
    "trials",
    "settings",
    "requirements",
    "subject",
    "documents",
    "errors",
)
"""The rooms of ``conformance``; each imports only the rooms below it (``docs/design.md``)."""

PACKAGES = ("conformance", "mock_engine", "schemas")
"""The packages, in the order in which they may import."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import between the packages, including those for type checkers only."""
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)


def room(module: str) -> str:
    """The room of a module of ``conformance``, given by its full name."""
    return module.split(".")[1]


def test_every_module_has_a_room() -> None:
    loose = {path.stem for path in (ROOT / "conformance").glob("*.py")}

    assert loose == {"__init__", "__main__", "errors"}


def test_a_room_imports_what_stands_below_it(graph: grimp.ImportGraph) -> None:
    upward = [
        f"{importer} imports {imported}"
        for importer in graph.find_descendants("conformance")
        if room(importer) in ROOMS
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith("conformance.")
        and ROOMS.index(room(imported)) < ROOMS.index(room(importer))
    ]

    assert upward == []


def test_the_packages_import_one_way(graph: grimp.ImportGraph) -> None:
    upward = [
        f"{importer} imports {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if PACKAGES.index(imported.split(".")[0]) < PACKAGES.index(importer.split(".")[0])
    ]

    assert upward == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_files_import_each_other(graph: grimp.ImportGraph, package: str) -> None:
    modules = {name for name in graph.modules if name.split(".")[0] == package}
    imports = {name: graph.find_modules_directly_imported_by(name) & modules for name in modules}

    try:
        order = tuple(TopologicalSorter(imports).static_order())
    except CycleError as fault:
        pytest.fail(" → ".join(reversed(fault.args[1])))
    assert set(order) == modules
