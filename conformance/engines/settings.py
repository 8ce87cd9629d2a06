"""What the user asked for in a run that judges an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.engines.engine import EngineSubject
from conformance.engines.source import Source
from conformance.requirements.known import KnownFailure


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The options of one run.

    ``record`` is the folder for recordings of this engine, if its answers are to be recorded.
    The rest is as in the settings of a run that judges a worker.
    """

    subject: EngineSubject
    source: Source = field(default_factory=Source)
    timeout_factor: float = 1.0
    requirements: tuple[str, ...] = ()
    strict: bool = False
    known: Mapping[str, KnownFailure] = field(default_factory=dict)
    update: Path | None = None
    record: Path | None = None
