"""Every mutant: importing this module imports all the others, which register theirs.

A worker that only builds on the correct one does not pay for that at its start.
"""

from __future__ import annotations

import importlib
import pkgutil

import tests.mutants
from tests.mutants.catalogue import MUTANTS, Mutant

ASIDE = ("__main__", "agents", "every", "matrix", "plain", "test_agents", "test_mutants")
"""Modules without mutants of this kind: those in ``agents`` are mistakes in services.

``catalogue``, ``handlers`` and ``worker`` are shared by all mutants.
"""

MODULES = tuple(
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(tests.mutants.__path__, "tests.mutants.")
    if found.name.rpartition(".")[2] not in ASIDE
)
"""Every module of mutants."""

__all__ = ["MODULES", "MUTANTS", "Mutant"]
