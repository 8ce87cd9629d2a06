"""The journal, the one stream of events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.report.document import document
from conformance.report.journal import Journal, recorder
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import HOSTILE, entry, reporter


def test_listeners_get_each_event_once() -> None:
    kinds: list[str] = []
    journal = Journal(lambda: "now")
    journal.listeners.append(lambda event: kinds.append(event["event"]))

    journal.add("started", x=1)

    assert kinds == ["started"]
    assert journal.events == [{"event": "started", "at": "now", "x": 1}]


def test_the_stream_is_written_as_it_comes(tmp_path: Path) -> None:
    made = reporter(tmp_path / "new", entry(1, Outcome.FAILED, seen=HOSTILE))

    lines = (tmp_path / "new" / "events.ndjson").read_text("utf-8").splitlines()
    kinds = [json.loads(line)["event"] for line in lines]
    assert kinds == ["started", "subject", "verdict"]
    assert document(map(json.loads, lines)).counts == made.report.counts


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(UsageError, match="--conformance-report"):
        recorder(file / "folder")
