"""The folder of a report."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from conformance.documents import schema
from conformance.report.document import SCHEMA
from conformance.report.journal import cleared
from conformance.trials.outcome import RunRecord
from tests.conformance.report.making import EVERY, reporter


def test_every_form_is_written_and_old_recordings_go(tmp_path: Path) -> None:
    old = tmp_path / "transcripts" / "old.ndjson"
    old.parent.mkdir()
    old.write_text("{}")
    reporter(tmp_path)
    assert old.exists() is True  # not known to be a report
    cleared(tmp_path)
    assert old.exists() is False

    made = reporter(tmp_path, *EVERY)
    made.recorded([RunRecord("gw0/shared", ("{}", "{}"), ("a line \ud800",))])
    made.error("connecting::CON-001", "Traceback")
    made.finished(1)

    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {
        "report.json",
        "report.html",
        "report.sarif",
        "summary.md",
        "badge.svg",
        "events.ndjson",
        "transcripts/gw0/shared.ndjson",
        "logs/gw0/shared.log",
    }
    kept = json.loads((tmp_path / "report.json").read_text("utf-8"))
    Draft202012Validator(schema(SCHEMA)).validate(kept)
    assert kept["errors"] == [{"id": "connecting::CON-001", "text": "Traceback"}]
