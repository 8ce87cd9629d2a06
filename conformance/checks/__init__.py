"""The checks: a module, or a package, for each phase of a worker's life, named after the phase.

``stimuli`` holds what is not a check: the trials that several checks use, and what they share.
"""

from __future__ import annotations

import importlib
import pkgutil

MODULES = tuple(
    importlib.import_module(found.name) for found in pkgutil.walk_packages(__path__, f"{__name__}.")
)
"""Every module of this package. Importing them registers their checks."""
