"""What the options of a run mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import known
from conformance.catalogue import CatalogueError, load
from conformance.errors import UsageError
from conformance.settings import Settings
from conformance.subject.command import Command


def settings(config: pytest.Config) -> Settings:
    """The settings that the options give.

    Raises:
        UsageError: an option has a value that cannot be used.
    """
    factor: float = config.getoption("--timeout-factor")
    if not 0 < factor < 1000:
        raise UsageError(f"--timeout-factor is {factor}; give a number above 0, such as 2")
    patterns: list[str] = config.getoption("--requirement")
    try:
        chosen = tuple(r.id for r in load().matching(patterns)) if patterns else ()
    except CatalogueError as fault:
        raise UsageError(f"--requirement: {fault}") from None
    failures: str | None = config.getoption("--known-failures")
    return Settings(
        command=Command.parse(config.getoption("--worker-cmd")),
        timeout_factor=factor,
        requirements=chosen,
        strict=_is_strict(config),
        known=known.load(Path(failures), load()) if failures else {},
        variables=tuple(config.getoption("--engine-env")),
    )


def _is_strict(config: pytest.Config) -> bool:
    """Whether ``--strict`` stands on the command line.

    The option is pytest's own: a switch up to version 8, an override of the setting ``strict``
    since 9. A setting in a configuration file is about that project's tests, not about workers.
    """
    overrides: list[str] = config.getoption("override_ini", default=None) or []
    return "strict=true" in overrides or bool(config.getoption("strict", default=False))
