"""The progress of a matrix."""

from __future__ import annotations

from pathlib import Path

from conformance.matrix.progress import Progress, verdicts
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, reporter


def test_a_line_says_who_is_how_far_and_how_long_it_takes() -> None:
    counts = {"a": 0, "b": 50, "c": 0, "d": 100}

    line = Progress(100, counts, frozenset({"a", "d"}), 50.0).line()

    assert line == "2 of 4 workers are judged, b 50 of 100, about 30 s left"


def test_at_first_nobody_knows_how_long_it_takes() -> None:
    assert "left" not in Progress(100, {"a": 1, "b": 0}, frozenset(), 2.0).line()


def test_many_workers_are_counted() -> None:
    line = Progress(9, dict.fromkeys("abcdef", 1), frozenset(), 1.0).line()

    assert "a 1 of 9, b 1 of 9, c 1 of 9, 3 others" in line


def test_verdicts_are_counted_as_they_come(tmp_path: Path) -> None:
    made = reporter(tmp_path, entry(1, Outcome.PASSED))
    assert verdicts(tmp_path) == 1
    made.verdict(entry(2, Outcome.PASSED))
    with (tmp_path / "events.ndjson").open("a") as stream:
        stream.write('{"event": "verd')

    assert verdicts(tmp_path) == 2
    assert verdicts(tmp_path / "none") == 0
