"""Known failures: requirements and scenarios that a worker is known to break, with the reasons.

The list works both ways: what is on it and passes is *fixed*, and fails the run until it is
removed, so that the list stays true. An entry may pin the evidence: what breaks in another way is
not the known failure. What is kept only sometimes is listed under ``flaky``; it is tried several
times, and its rate is reported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import documents
from conformance.documents import Document
from conformance.documents.forms import UUID
from conformance.documents.nodes import closest
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.verdict import Outcome

KNOWN, FLAKY = "known-failures", "flaky"
SCHEMA = "requirements/known.schema.json"
TRIES = 5
"""How often something flaky is tried, unless its entry says otherwise."""

SLUG = re.compile(r"[a-z0-9-]+")
"""The form of a scenario's name; ids of requirements have another form."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """Why a requirement or a scenario is broken, and a link that explains it.

    ``evidence`` is what must be seen for it to be this failure. ``tries`` is how often a flaky one
    is tried; 0 means that it is always broken. One that is ``lenient`` may be kept: the list is
    about an SDK, and need not be true of this worker.
    """

    id: str
    reason: str
    link: str | None = None
    evidence: str | None = None
    tries: int = 0
    lenient: bool = False

    def covers(self, seen: str) -> bool:
        """Whether what was seen is the known failure."""
        return self.evidence is None or alike(self.evidence) == alike(seen)


def load(
    path: Path,
    catalogue: Catalogue,
    platform: str = sys.platform,
    *,
    scenarios: Collection[str] | None = None,
) -> Mapping[str, KnownFailure]:
    """Read a file of known failures: those of this platform, by id.

    ``scenarios`` are the names that a scenario may have; if none is played, any name is accepted.

    Raises:
        UsageError: it cannot be read, has another form, or names what does not exist.
    """
    document = documents.read(path)
    documents.check(document, documents.schema(SCHEMA))
    known: dict[str, KnownFailure] = {}
    seen: set[str] = set()
    for section in (KNOWN, FLAKY):
        for number, entry in enumerate(document.value.get(section) or ()):
            where, identity = (section, number, "id"), entry["id"]
            if identity not in catalogue.requirements:
                _check_scenario(document, where, identity, catalogue, scenarios)
            key = f"{identity} {entry.get('platforms')}"
            if identity in known or key in seen:
                raise document.fault(where, f"{identity} is listed twice")
            seen.add(key)
            if platform in entry.get("platforms", [platform]):
                known[identity] = _failure(entry, section)
    return known


def _check_scenario(
    document: Document,
    where: tuple[str, int, str],
    name: str,
    catalogue: Catalogue,
    scenarios: Collection[str] | None,
) -> None:
    """Refuse an id that no requirement has, unless it is the name of a scenario."""
    if SLUG.fullmatch(name) is None:
        question = closest(name, catalogue.requirements) or ";"
        complaint = (
            f"there is no requirement `{name}`{question} `python -m conformance list` shows all"
        )
        raise document.fault(where, complaint)
    if scenarios is not None and name not in scenarios:
        question = closest(name, scenarios) or ";"
        advice = "it is none of the suite's, of --scenario, or of the files beside those"
        raise document.fault(where, f"there is no scenario `{name}`{question} {advice}")


def applied(outcome: Outcome, seen: str, known: KnownFailure | None) -> Outcome:
    """The outcome of a requirement, from what was seen and what is known about it."""
    if known is None or known.tries:
        return outcome
    if outcome in (Outcome.FAILED, Outcome.WARNING):
        return Outcome.KNOWN_FAILURE if known.covers(seen) else outcome
    return Outcome.FIXED if outcome is Outcome.PASSED and not known.lenient else outcome


def _failure(entry: Mapping[str, Any], section: str) -> KnownFailure:
    return KnownFailure(
        entry["id"],
        entry["reason"],
        entry.get("link"),
        entry.get("evidence"),
        entry.get("tries", TRIES) if section == FLAKY else 0,
    )


def alike(seen: str) -> str:
    """What was seen, without what differs from run to run: ids, times and counts."""
    return _NUMBER.sub("0", UUID.sub("<id>", seen))
