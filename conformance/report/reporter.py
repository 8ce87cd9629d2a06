"""Gathers the events of a run, and writes the reports that were asked for.

It lives in the process that controls the run; under pytest-xdist the others send it their
verdicts with pytest's reports, and their recordings when they end.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.judging.entry import Entry
from conformance.report import folder
from conformance.report.document import Report, document
from conformance.report.journal import Journal, recorder
from conformance.requirements.catalogue import Catalogue
from conformance.trials.outcome import RunRecord

PACKAGES = ("iii-conformance", "pytest", "pytest-xdist", "websockets", "hypothesis", "jsonschema")


class Reporter:
    """``destination`` is the folder of the report, or ``None`` for the terminal alone."""

    def __init__(self, catalogue: Catalogue, destination: Path | None) -> None:
        self.journal = Journal()
        self._catalogue = catalogue
        self.destination = destination
        self._runs: list[RunRecord] = []
        if destination is not None:
            self.journal.listeners.append(recorder(destination))

    @property
    def report(self) -> Report:
        """The report on what is known until now."""
        return document(self.journal.events)

    def started(self, options: Mapping[str, Any]) -> None:
        """The run begins."""
        self.journal.add(
            "started",
            versions=versions(),
            catalogue={
                "digest": digest(self._catalogue),
                "requirements": len(self._catalogue.requirements),
                "phases": dict(self._catalogue.phases),
            },
            options=dict(options),
        )

    def subject(self, subject: Mapping[str, Any]) -> None:
        """The worker was run for the first time."""
        self.journal.add("subject", subject=dict(subject))

    def learned(self, parts: Mapping[str, Any]) -> None:
        """Learning about the worker's functions is over."""
        self.journal.add("learned", parts=dict(parts))

    def measured(self, seconds: Mapping[str, float]) -> None:
        """The trials are over, and took this long."""
        self.journal.add("measured", seconds=dict(seconds))

    def verdict(self, entry: Entry) -> None:
        """A verdict was reached."""
        self.journal.add("verdict", verdict=entry.data())

    def error(self, name: str, text: str) -> None:
        """Something ended without a verdict."""
        self.journal.add("error", id=name, text=text)

    def recorded(self, runs: Iterable[RunRecord]) -> None:
        """These runs of the worker were recorded; they are read only if there is a folder."""
        if self.destination is not None:
            self._runs += runs

    def finished(self, exit_code: int) -> None:
        """The run ends: write what was asked for.

        Raises:
            UsageError: the folder cannot be written to any more.
        """
        self.journal.add("finished", exit_code=exit_code)
        if self.destination is not None:
            try:
                folder.write(self.destination, self.report, self._runs)
            except OSError as fault:
                raise UsageError(f"--conformance-report: {fault}") from None


def versions() -> dict[str, str]:
    """The versions of this package and of what it depends on, and the platform, by name."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def digest(catalogue: Catalogue) -> str:
    """A digest of the rules: two reports with the same one are about the same requirements."""
    text = "\n".join(map(repr, catalogue))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
