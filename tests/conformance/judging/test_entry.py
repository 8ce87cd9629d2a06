"""Entries: one builder, immutable, and data that survives being written and read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judging.entry import (
    FUZZ,
    LAST_LINES,
    Criterion,
    Entry,
    Evidence,
    Rate,
    build_entry,
    requirement_entry,
)
from conformance.judging.frames import EvidenceFrame
from conformance.judging.judge import Tried, Verdict
from conformance.report.console import row
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Finding, Level, Outcome, broken, inconclusive, kept

CRITERION = Criterion(FUZZ, "payloads", "fuzz", Level.MUST, "A sentence.", "docs/fuzzing.md")
REQUIREMENT = load()["CON-001"]


def frame(at: int, cited: bool) -> EvidenceFrame:
    return EvidenceFrame(float(at), 1, "worker", "{}", cited)


@pytest.mark.parametrize(
    ("finding", "outcome"),
    [
        (kept("x"), Outcome.PASSED),
        (broken(expected="this", seen="that"), Outcome.FAILED),
        (inconclusive("no cup"), Outcome.NOT_VERIFIED),
    ],
)
def test_an_entry_about_a_requirement_says_what_the_verdict_says(
    finding: Finding, outcome: Outcome
) -> None:
    entry = requirement_entry(Verdict(REQUIREMENT, outcome, finding), "0.25", "pytest")

    assert (entry.id, entry.outcome, entry.evidence.seen) == ("CON-001", outcome, finding.seen)
    assert entry.reason == f"{outcome.value}: {finding.seen}"
    assert (entry.reason in row(entry)) is (outcome is not Outcome.PASSED)


@pytest.mark.parametrize(("outcome", "shown"), [(Outcome.FAILED, [1, 2]), (Outcome.PASSED, [2])])
def test_of_what_is_kept_the_cited_frames_say_enough(outcome: Outcome, shown: list[int]) -> None:
    log = tuple(map(str, range(2 * LAST_LINES)))
    evidence = Evidence("x", frames=(frame(1, False), frame(2, True)), log=log)

    entry = build_entry(CRITERION, outcome, evidence, reason="r", protocol="0.25")

    assert [each.at for each in entry.evidence.frames] == shown
    assert entry.evidence.log == (log[-LAST_LINES:] if outcome.wrong else ())


def test_an_entry_does_not_change() -> None:
    entry = build_entry(CRITERION, Outcome.PASSED, Evidence("x"), reason="r", protocol="0.25")

    with pytest.raises(AttributeError):
        entry.command = "other"  # type: ignore[misc]


def test_an_entry_of_another_process_has_its_runs_under_the_name_of_that_process() -> None:
    evidence = Evidence("x", runs=("shared", "own"))
    entry = build_entry(CRITERION, Outcome.PASSED, evidence, reason="r", protocol="0.25")

    assert entry.of_process("gw1").evidence.runs == ("gw1/shared", "gw1/own")
    assert entry.evidence.runs == ("shared", "own")


def test_what_is_not_known_is_no_field_of_the_data() -> None:
    entry = build_entry(CRITERION, Outcome.PASSED, Evidence("x"), reason="r", protocol="0.25")

    assert "notes" not in entry.data()
    assert "differences" not in entry.data()["evidence"]
    assert entry.data()["tried"] is None


TEXTS = st.text(st.characters() | st.sampled_from("\ud800\udfff"), max_size=5)
NAMES = st.lists(TEXTS, max_size=3).map(tuple)


@given(
    outcome=st.sampled_from(Outcome),
    texts=st.tuples(TEXTS, TEXTS, TEXTS, TEXTS),
    notes=st.none() | NAMES,
    differences=NAMES,
    tried=st.none() | st.builds(Tried, st.integers(0, 9), st.integers(0, 9)),
    frames=st.lists(st.builds(frame, st.integers(0, 9), st.booleans()), max_size=3).map(tuple),
)
def test_data_is_json_and_is_read_back_as_it_was(
    outcome: Outcome,
    texts: tuple[str, str, str, str],
    notes: tuple[str, ...] | None,
    differences: tuple[str, ...],
    tried: Tried | None,
    frames: tuple[EvidenceFrame, ...],
) -> None:
    evidence = Evidence(*texts[:3], differences=differences, frames=frames)
    entry = build_entry(
        CRITERION, outcome, evidence, reason=texts[3], protocol="0.25", tried=tried, notes=notes
    )

    data = entry.data()

    assert json.loads(json.dumps(data)) == data
    assert Entry.read(data) == entry
    assert entry.tried == (Rate(tried.judged, tried.kept) if tried else None)


@pytest.mark.parametrize(
    ("sentence", "short"),
    [
        ("A worker must announce itself.", "must announce itself"),
        ("A worker that is asked to stop drains", "A worker that is asked to stop drains"),
        ("An engine must answer pings.", "must answer pings"),
    ],
)
def test_a_rule_is_shortened_where_it_stays_a_sentence(sentence: str, short: str) -> None:
    criterion = Criterion(FUZZ, "x", "fuzz", Level.MUST, sentence, "docs/fuzzing.md")
    entry = build_entry(
        criterion, Outcome.PASSED, Evidence("x"), reason="x", protocol="0.25", command=""
    )

    assert entry.rule == short
