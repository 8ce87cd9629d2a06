"""Entries about single probes: those of the user that were judged, and those that were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.engines import normalising
from conformance.engines.probe import Probe, Recording
from conformance.engines.trials import finding, wording
from conformance.judging.entry import Criterion, Entry, Evidence, build_entry, reason
from conformance.judging.frames import conversation
from conformance.requirements.known import KnownFailure, applied
from conformance.requirements.verdict import (
    Finding,
    Level,
    Outcome,
    inconclusive,
    kept,
    outcome_of,
)
from conformance.trials.outcome import InconclusiveTrial, TrialOutcome
from conformance.trials.trial import Record

PROBE, RECORDED = "probe", "recording"
"""The kinds of these entries, and their phases."""

ALIKE = "recorded twice, alike"
UNLIKE = "recorded twice, and not alike: it will be compared with nothing"


def judged(
    probe: Probe,
    outcome: TrialOutcome,
    known: KnownFailure | None,
    protocol: str,
    command: str,
) -> Entry:
    """The entry about a probe; a difference in wording alone is a warning."""
    level, records = Level.MUST, _records([outcome])
    if isinstance(outcome, InconclusiveTrial):
        found = inconclusive(outcome.reason)
    else:
        found = finding(records, 1)
        played = outcome.result.played
        if played.wording and played.difference is None:
            found, level = wording(records), Level.SHOULD
    verdict = applied(outcome_of(found, level), found.seen, known)
    return _entry(PROBE, probe, level, verdict, found, records, protocol, command, known)


def recorded(
    probe: Probe, outcomes: Sequence[TrialOutcome], engine: str, command: str
) -> tuple[Recording | None, Entry]:
    """The recording of a probe that was played twice to an engine, and the entry about it."""
    records = _records(outcomes)
    lacking = [each.reason for each in outcomes if isinstance(each, InconclusiveTrial)]
    differences = [record.result.played.difference for record in records]
    lacking += [each.mismatch.seen for each in differences if each is not None]
    recording: Recording | None = None
    if lacking:
        found, verdict = inconclusive(lacking[0]), Outcome.NOT_VERIFIED
    else:
        one, other = (
            normalising.recording(probe, record.result.played, engine) for record in records
        )
        stable = one.steps == other.steps
        recording = Recording(engine, one.steps, stable)
        verdict = Outcome.PASSED if stable else Outcome.WARNING
        found = kept(ALIKE if stable else UNLIKE)
    entry = _entry(RECORDED, probe, Level.MAY, verdict, found, records, engine, command)
    return recording, entry


def _records(outcomes: Sequence[TrialOutcome]) -> tuple[Record[Any], ...]:
    return tuple(outcome for outcome in outcomes if isinstance(outcome, Record))


def _entry(
    kind: str,
    probe: Probe,
    level: Level,
    verdict: Outcome,
    found: Finding,
    records: tuple[Record[Any], ...],
    protocol: str,
    command: str,
    known: KnownFailure | None = None,
) -> Entry:
    criterion = Criterion(kind, probe.name, kind, level, probe.title, f"probe {probe.name}")
    evidence = Evidence(
        seen=found.seen,
        expected=found.expected,
        remedy=found.remedy,
        frames=conversation(found.events, records),
        log=records[0].log if records else (),
        runs=tuple(record.run for record in records),
    )
    told = reason(verdict, found.seen, known)
    return build_entry(
        criterion, verdict, evidence, reason=told, protocol=protocol, command=command
    )
