"""Small wrong workers, at least one for each requirement with a check.

There is a module, or a package, for each phase of a worker's life, with the name of the phase.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.mutants.catalogue import MUTANTS, Mutant

ASIDE = ("__main__", "agents", "matrix", "plain", "test_agents", "test_mutants")
"""Modules without mutants of this kind: those in ``agents`` are mistakes in services.

``catalogue``, ``handlers`` and ``worker`` are shared by all mutants.
"""

MODULES = tuple(
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(__path__, f"{__name__}.")
    if found.name.rpartition(".")[2] not in ASIDE
)
"""Every module of mutants. Importing them registers their mutants."""

__all__ = ["MODULES", "MUTANTS", "Mutant"]
