"""What the options mean if an engine is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.engines.engine import EngineSubject
from conformance.engines.settings import EngineSettings
from conformance.engines.source import Source, named
from conformance.errors import UsageError
from conformance.plugin import resolving
from conformance.requirements import known, sdks
from conformance.requirements.catalogue import CatalogueError, load_of_engines

WORKERS = (
    "--worker-image",
    "--worker-attach",
    "--scenario",
    "--fuzz",
    "--fuzz-stateful",
    "--conformance-config",
)
"""Options about workers that mean nothing for engines."""


def settings(config: pytest.Config) -> EngineSettings:
    """The settings that the options give.

    Raises:
        UsageError: an option has a value that cannot be used.
    """
    for name in WORKERS:
        if config.getoption(name) not in (None, [], False):
            raise UsageError(f"{name} is about workers, and an engine is judged; leave it out")
    factor = resolving.timeout_factor(config.getoption("--timeout-factor"))
    folders = tuple(Path(text) for text in config.getoption("--probe"))
    recordings: str | None = config.getoption("--engine-recordings")
    record: str | None = config.getoption("--record")
    source = Source(
        named(folders),
        Path(recordings) if recordings is not None else None,
        recorded=record is not None,
    )
    catalogue = load_of_engines()
    patterns: list[str] = config.getoption("--requirement")
    try:
        wanted = tuple(r.id for r in catalogue.matching(patterns)) if patterns else ()
    except CatalogueError as fault:
        raise UsageError(f"--requirement: {fault}") from None
    update = config.getoption("--update-known-failures")
    path = _known_failures(config)
    if update and path is None:
        raise UsageError("--update-known-failures takes --known-failures FILE: the file to update")
    readable = path is not None and (path.exists() or not update)
    return EngineSettings(
        subject=_subject(config, factor),
        source=source,
        timeout_factor=factor,
        requirements=wanted,
        strict=resolving.is_strict(config),
        known=known.load(path, catalogue) if readable and path else {},
        update=path if update else None,
        record=Path(record) if record is not None else None,
    )


def described(settings: EngineSettings) -> dict[str, Any]:
    """The settings as a report shows them."""
    return {
        "engine": settings.subject.described,
        "requirements": list(settings.requirements),
        "timeout_factor": settings.timeout_factor,
        "strict": settings.strict,
        "known_failures": sorted(settings.known),
    }


def _known_failures(config: pytest.Config) -> Path | None:
    """The list of known failures, if one is given."""
    files: list[str] = config.getoption("--known-failures")
    if sdks.SDK in files or len(files) > 1:
        raise UsageError(
            f"--known-failures {' '.join(files)}: give one file where an engine is judged"
        )
    return Path(files[0]) if files else None


def _subject(config: pytest.Config, factor: float) -> EngineSubject:
    """The engine that the options name."""
    subject = resolving.engine(config, factor)
    assert subject is not None, "the options name an engine, or no engine would be judged"
    return subject
