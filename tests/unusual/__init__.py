"""Correct workers with unusual habits: none of them may fail a MUST."""

from __future__ import annotations

import importlib
import pkgutil

from tests.unusual.catalogue import UNUSUAL

ASIDE = ("__main__", "test_unusual")
"""Modules without workers."""

MODULES = tuple(
    importlib.import_module(found.name)
    for found in pkgutil.iter_modules(__path__, f"{__name__}.")
    if found.name.rpartition(".")[2] not in ASIDE
)
"""Every module of unusual workers. Importing them registers their workers."""

__all__ = ["MODULES", "UNUSUAL"]
