"""What the user asked for, as one immutable value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.requirements.known import KnownFailure
from conformance.settings.fuzzing import Fuzzing
from conformance.settings.invoking import Invoking
from conformance.settings.upstream import Upstream
from conformance.subject.place import Subject
from mock_engine.versions import RELEASED

DEFAULT_PORT = 49134
"""The port that workers dial if they are given no address."""

CONCURRENCY = 24
"""How many workers run at a time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one run. Times are in seconds.

    ``timeout_factor`` stretches every deadline, for slow machines. ``default_port`` is the port
    that workers dial if they are given no other; the suite listens there too while it is free.
    ``full`` plays long trials, too; ``protocol`` is the version that the user names, if any, and
    ``engine`` the version of the engine that the worker will run against. ``variables`` are names
    that get the engine's address beside the usual ones; ``environment`` holds further variables of
    the worker. With ``sdk_defects``, what the worker's SDK is known to break is a known failure,
    too. ``upstream`` is the real engine behind the suite, if the worker is to be judged under one.
    ``update`` is the file of known failures that the run brings up to date. ``serial`` lets one
    process of the worker live at a time.
    """

    subject: Subject
    timeout_factor: float = 1.0
    requirements: tuple[str, ...] = ()
    strict: bool = False
    full: bool = False
    protocol: str | None = None
    engine: str = RELEASED
    invoking: Invoking = field(default_factory=Invoking)
    default_port: int | None = DEFAULT_PORT
    concurrency: int = CONCURRENCY
    variables: tuple[str, ...] = ()
    fuzzing: Fuzzing | None = None
    known: Mapping[str, KnownFailure] = field(default_factory=dict)
    sdk_defects: bool = False
    scenarios: tuple[str, ...] = ()
    scenario_parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    update: Path | None = None
    upstream: Upstream | None = None
    serial: bool = False
