"""What happened in a run, in order: the one stream from which every report is made.

Rules of this file:

* An event is a JSON object with ``event`` (its kind) and ``at`` (UTC, ISO 8601). The kinds are
  ``started``, ``subject``, ``learned``, ``measured``, ``finding``, ``verdict``, ``error`` and
  ``finished``. What else they hold is in ``report.schema.json`` under the part of the report that
  is made of them. A ``finding`` is what fuzzing found just now; the verdict on the campaign has it,
  too.
* Listeners get each event as it comes, so that a run that is killed leaves all that was
  known until then.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.errors import UsageError

JournalEvent = dict[str, Any]
STREAM = "events.ndjson"


def now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """Keeps the events of one run and passes them on to ``listeners``."""

    def __init__(self, clock: Callable[[], str] = now) -> None:
        self._clock = clock
        self.events: list[JournalEvent] = []
        self.listeners: list[Callable[[JournalEvent], None]] = []

    def add(self, kind: str, **content: Any) -> None:
        """Add an event of this kind."""
        event = {"event": kind, "at": self._clock(), **content}
        self.events.append(event)
        for listener in self.listeners:
            listener(event)


def cleared(folder: Path) -> None:
    """Remove the recordings of an earlier run from a folder that contains a report."""
    if (folder / STREAM).is_file():
        for pattern in ("transcripts/**/*.ndjson", "logs/**/*.log"):
            for old in folder.glob(pattern):
                old.unlink()


def recorder(folder: Path) -> Callable[[JournalEvent], None]:
    """A listener that writes each event to ``events.ndjson`` in ``folder`` as it comes.

    Raises:
        UsageError: the folder cannot be made or written to.
    """
    file = folder / STREAM
    try:
        folder.mkdir(parents=True, exist_ok=True)
        cleared(folder)
        file.write_text("", "utf-8")
    except OSError as fault:
        raise UsageError(
            f"--conformance-report: {folder}: {fault.strerror}; name a folder that can be written"
        ) from None

    def write(event: JournalEvent) -> None:
        with file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(json.dumps(event, ensure_ascii=False) + "\n")

    return write
