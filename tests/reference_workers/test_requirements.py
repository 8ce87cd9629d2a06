"""Whatever the reference workers import is installed with the extras that their pages name."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
EXTRAS = ("agents", "sdk")
OWN = {"conformance", "mock_engine", "reference_workers", "schemas"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def declared() -> set[str]:
    """The distributions of the default install and of the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]
    return {match[0].lower() for line in lines if (match := re.match(r"[\w-]+", line))}


def test_nothing_is_imported_that_only_another_package_brings() -> None:
    modules = {
        name
        for path in (ROOT / "reference_workers").rglob("*.py")
        for name in imported(ast.parse(path.read_text("utf-8")))
    }
    distributions = packages_distributions()

    foreign = modules - OWN - set(sys.stdlib_module_names)

    assert foreign
    lacking = {n for n in foreign if not declared() & {d.lower() for d in distributions[n]}}
    assert lacking == set()
