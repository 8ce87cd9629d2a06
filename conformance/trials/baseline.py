"""What is known of a worker from its first run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.pace import Pace
from conformance.trials.silences import Silences
from mock_engine.versions import RELEASED


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a worker was not found, or did not keep running: what was seen, and the remedy."""

    seen: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the first run of a worker showed; all others are measured by it.

    ``announced`` is whether every worker announced itself. ``pulse`` is a function whose invocation
    this worker answers, used to see whether it is responsive. ``sockets`` counts its open
    WebSockets, those for telemetry among them. ``features`` are those of its announcements and
    ``paths`` those of its connections. ``parallel_starts`` is how many may start at a time.
    ``early`` is what the worker wrote about a failure of its own before it was asked anything.
    ``engine`` is the version of the engine that it will run against. ``exemplified`` are the
    functions for which the user gives examples. ``knowledge`` is what was learned about its
    functions, if that was of use. ``diagnosis`` says why the worker was not found, or did not keep
    running, if its process shows that. ``silences`` grows while the worker is judged.
    """

    pace: Pace
    declared: Counter[tuple[str, str]] = field(default_factory=Counter)
    functions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    workers: int = 0
    announced: bool = False
    port: int = 0
    pulse: str | None = None
    sockets: int = 0
    features: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    parallel_starts: int = 1
    early: tuple[str, ...] = ()
    engine: str = RELEASED
    exemplified: frozenset[str] = frozenset()
    knowledge: Knowledge = field(default_factory=Knowledge)
    diagnosis: Diagnosis | None = None
    silences: Silences = field(default_factory=Silences, compare=False)
