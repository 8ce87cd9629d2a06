"""Known failures: requirements that a worker is known to break, each with the reason.

The list is held to both ways: what is on it and passes is *fixed*, and fails the run until it is
taken off, so that the list stays true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.catalogue import Catalogue
from conformance.errors import UsageError
from conformance.verdict import Outcome

FORM = (
    "a list under `known-failures`, each entry with `id` and `reason`, and perhaps `link`:\n"
    "known-failures:\n  - id: SHD-008\n    reason: the SDK does not drain"
)


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """Why a requirement is broken, and where more is said about it."""

    id: str
    reason: str
    link: str | None = None


def load(path: Path, catalogue: Catalogue) -> Mapping[str, KnownFailure]:
    """Read a file of known failures.

    Raises:
        UsageError: it cannot be read, has another form, or names an unknown requirement.
    """
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as fault:
        raise UsageError(f"--known-failures: {path}: {fault.strerror}") from None
    except yaml.YAMLError as fault:
        raise UsageError(f"--known-failures: {path}: no YAML: {fault}") from None
    entries = document.get("known-failures") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UsageError(f"--known-failures: {path}: expected {FORM}")
    known: dict[str, KnownFailure] = {}
    for number, entry in enumerate(entries, 1):
        failure = _entry(entry, f"--known-failures: {path}: entry {number}")
        if failure.id not in catalogue.requirements:
            raise UsageError(
                f"--known-failures: {path}: entry {number}: there is no requirement {failure.id}; "
                "`python -m conformance list` shows every id"
            )
        if failure.id in known:
            raise UsageError(f"--known-failures: {path}: {failure.id} is listed twice")
        known[failure.id] = failure
    return known


def _entry(entry: Any, where: str) -> KnownFailure:
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: expected {FORM}")
    unknown = set(entry) - {"id", "reason", "link"}
    if unknown:
        raise UsageError(f"{where}: unknown key {min(unknown)!r}; expected {FORM}")
    for name in ("id", "reason"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise UsageError(f"{where}: `{name}` is missing or no text; expected {FORM}")
    return KnownFailure(entry["id"], entry["reason"], entry.get("link"))


def applied(outcome: Outcome, known: KnownFailure | None) -> Outcome:
    """The outcome of a requirement, seen with what is known of it."""
    if known is None:
        return outcome
    if outcome in (Outcome.FAILED, Outcome.WARNING):
        return Outcome.KNOWN_FAILURE
    return Outcome.FIXED if outcome is Outcome.PASSED else outcome
