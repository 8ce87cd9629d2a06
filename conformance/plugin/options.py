"""The names of the pytest plugin's options, grouped by what they are about.

Every pytest run imports this module wherever the package is installed, so it imports nothing of the
suite.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

ISOLATED = Path(__file__).with_name("isolated.ini")
"""pytest's settings when ``iii-conformance`` runs it, in place of the project's own."""

FILE = "conformance.yaml"
"""The file that may name the worker."""

ENGINES = ("--engine-cmd", "--engine-url")
"""The options that name an engine: the subject, or the engine behind a worker."""

NAMING = (
    "--conformance",
    "--conformance-config",
    "--worker-cmd",
    "--worker-image",
    "--worker-attach",
    *ENGINES,
)
"""The options that name a subject, or the file that does: with one of them the plugin is active."""

SHAPING = (
    *NAMING,
    "--engine-profile",
    "--engine-recordings",
    "--worker-network",
    "--worker-env",
    "--isolate",
    "--serial",
    "--level",
    "--protocol",
    "--engine-version",
    "--exclude",
    "--no-invoke",
    "--timeout-factor",
    "--engine-env",
    "--scenario-param",
    "--fuzz-function",
    "--fuzz-corpus",
    "--fuzz-database",
    "--fuzz-window",
    "--fuzz-exceptions",
)
"""The options that a verdict depends on: a command that repeats it needs them."""

CHOOSING = (
    "--requirement",
    "--probe",
    "--record",
    "--scenario",
    "--fuzz",
    "--fuzz-stateful",
    "--fuzz-seed",
    "--shard",
    "--durations-of",
)
"""The options that choose what is judged."""

PLACING = ("--default-port",)
"""The options about this run's role among others; a command that repeats a verdict has none of
them."""

TELLING = (
    "--known-failures",
    "--update-known-failures",
    "--write-examples",
    "--conformance-report",
)
"""The options that change how verdicts are reported, but not the verdicts."""


def is_active(values: Namespace) -> bool:
    """Whether the user asked to judge a worker."""
    return any(_is_set(values, name) for name in NAMING)


def judges_engine(values: Namespace, folders: Iterable[Path]) -> bool:
    """Whether the user asked to judge an engine, and not a worker with it.

    ``--conformance`` names a worker only if there is a file that does: the console script gives
    that option in every run.
    """
    naming = {name: _is_set(values, name) for name in NAMING if name not in ENGINES}
    naming["--conformance"] &= any((folder / FILE).is_file() for folder in folders)
    return any(_is_set(values, name) for name in ENGINES) and not any(naming.values())


def idle(values: Namespace) -> str | None:
    """The first option of the suite that is given in a run that does not judge a worker."""
    names = (*SHAPING, *CHOOSING, *PLACING, *TELLING)
    return next((name for name in names if _is_set(values, name)), None)


def _is_set(values: Namespace, name: str) -> bool:
    destination = name.removeprefix("--").replace("-", "_")
    return getattr(values, destination, None) not in (None, False, [])
