"""From a played scenario to a verdict: what it needs from a worker, and what it showed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.errors import Unsuitable
from conformance.judging.entry import SCENARIO, Criterion, Entry, Evidence, build_entry, reason
from conformance.judging.frames import EvidenceFrame, evidence_frame
from conformance.judging.judge import rated
from conformance.requirements.known import KnownFailure, applied
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import (
    Conclusion,
    Finding,
    Outcome,
    inconclusive,
    kept,
    not_applicable,
    outcome_of,
)
from conformance.scenarios.assignment import assignments
from conformance.scenarios.driver import Played, perform
from conformance.scenarios.patterns.base import Names, Pattern
from conformance.scenarios.patterns.combined import All
from conformance.scenarios.patterns.single import Is
from conformance.scenarios.patterns.structures import Object
from conformance.scenarios.reading import PULSE
from conformance.scenarios.steps import RECORDED, Needs, Scenario
from conformance.trials.baseline import Baseline
from conformance.trials.harness import Harness
from conformance.trials.outcome import InconclusiveTrial, TrialOutcome
from conformance.trials.trial import Record, Trial, Worker
from mock_engine.rendering import summary

BEFORE, AFTER = 14, 4
"""How many events are shown before and after the place where a scenario failed."""

PHASE = "scenarios"
"""The phase under which scenarios are reported."""

KIND = "#kind"


def trial(scenario: Scenario) -> Trial[Played]:
    """The trial that plays a scenario, with a worker and an engine of its own."""

    async def play(harness: Harness) -> Played:
        return await perform(scenario, bound(scenario, harness.baseline), harness)

    return Trial(f"scenario {scenario.place.file}", Worker.OWN, play, informed=False)


def bound(scenario: Scenario, baseline: Baseline) -> Names:
    """The values of the names of a scenario at its beginning, with this worker.

    Raises:
        Unsuitable: the worker has not registered what the scenario needs.
    """
    names: dict[str, Any] = dict(scenario.parameters)
    if baseline.pulse is not None:
        names[PULSE] = baseline.pulse
    needed = _needed(scenario.needs)
    found = next(assignments([p for _, p in needed], _offers(baseline), names), None)
    if found is None:
        raise Unsuitable(f"takes a worker with {_lacking(needed, baseline, names)}")
    return found[1]


def finding(scenario: Scenario, played: TrialOutcome, protocol: Protocol) -> Finding:
    """What playing a scenario showed."""
    if not protocol.knows(scenario.since, scenario.until):
        bounds = [f"since {scenario.since}"] if scenario.since else []
        bounds += [f"until {scenario.until}"] if scenario.until else []
        bounded = f"a conversation of protocol versions {' '.join(bounds)}; {protocol.reason}"
        return not_applicable(bounded)
    if isinstance(played, InconclusiveTrial):
        conclude = not_applicable if played.unsuitable else inconclusive
        return conclude(played.reason)
    failure = played.result.failure
    if failure is None:
        return kept(f"all {played.result.steps} steps went through")
    return Finding(
        Conclusion.BROKEN,
        expected=failure.expected,
        seen=failure.seen,
        remedy=failure.step.note or scenario.remedy,
        level=failure.step.level,
    )


def verdict(
    scenario: Scenario,
    played: Sequence[TrialOutcome],
    protocol: Protocol,
    known: KnownFailure | None = None,
    *,
    command: str = "",
) -> Entry:
    """The verdict on a scenario; one that is flaky was played several times."""
    findings = [finding(scenario, each, protocol) for each in played]
    number, tried = rated(findings) if len(findings) > 1 else (0, None)
    found, trial_outcome = findings[number], played[number]
    outcome = applied(outcome_of(found, scenario.level), found.seen, known)
    if tried and tried.is_flaky:
        outcome = Outcome.FLAKY
    record = trial_outcome if isinstance(trial_outcome, Record) and outcome.wrong else None
    return build_entry(
        criterion(scenario),
        outcome,
        Evidence(
            seen=found.seen,
            expected=found.expected,
            remedy=found.remedy,
            differences=tuple(_differences(record)),
            frames=around(record) if record is not None else (),
            log=tuple(record.log) if record is not None else (),
            runs=tuple(dict.fromkeys(each.run for each in played if each.run)),
        ),
        reason=reason(outcome, f"{_where(record)}{found.seen}", known, tried),
        protocol=protocol.version,
        command=command,
        tried=tried,
        notes=_notes(scenario, outcome),
    )


def _notes(scenario: Scenario, outcome: Outcome) -> list[str] | None:
    """What it means that a recording passes, if nobody said what should have happened."""
    if outcome is not Outcome.PASSED or RECORDED not in scenario.tags:
        return None
    return [
        f"{scenario.name}: the worker does what was recorded.",
        "If that was a bug, it is still there:",
        f"  iii-conformance expect {scenario.place.file} says what should have been",
    ]


def criterion(scenario: Scenario) -> Criterion:
    """A scenario as a criterion."""
    return Criterion(
        kind=SCENARIO,
        id=scenario.name,
        phase=PHASE,
        level=scenario.level,
        sentence=scenario.title,
        source=scenario.source or scenario.place.file,
    )


def _where(record: Record[Played] | None) -> str:
    failure = record.result.failure if record is not None else None
    return "" if failure is None else f"{failure.step.place}: "


def _differences(record: Record[Played] | None) -> list[str]:
    """Where the scenario failed, and each difference between what was expected and what came."""
    failure = record.result.failure if record is not None else None
    if failure is None:
        return []
    lines = [f"of the step `{failure.step.kind}`, {failure.step.place}"]
    for each in failure.differences:
        lines += [f"at {each.path or 'the whole'}:", f"  expected  {each.expected}"]
        lines += [f"  seen      {each.seen}"]
    return lines


def around(record: Record[Played]) -> tuple[EvidenceFrame, ...]:
    """The conversation around the failed step, with a mark where it failed."""
    failure = record.result.failure
    if failure is None:
        return ()
    at = failure.closest.at if failure.closest is not None else record.result.failed_at
    events = [event for event in record.events if summary(event) is not None]
    before = [event for event in events if event.at <= at][-BEFORE:]
    after = [event for event in events if event.at > at][:AFTER]
    mark = EvidenceFrame(
        at=round(at, 6),
        connection=0,
        sender="",
        text=f"── `{failure.step.kind}` of line {failure.step.place.line} failed here ──",
        cited=True,
    )
    return (*map(evidence_frame, before), mark, *map(evidence_frame, after))


def _needed(needs: Needs) -> list[tuple[str, Pattern]]:
    by_kind = {
        "function": needs.functions,
        "trigger": needs.triggers,
        "trigger type": needs.trigger_types,
    }
    return [
        (kind, All((Object(((KIND, Is(kind)),)), pattern)))
        for kind, patterns in by_kind.items()
        for pattern in patterns
    ]


def _offers(baseline: Baseline) -> list[Mapping[str, Any]]:
    """What the worker registered, each with its kind."""
    offers: list[Mapping[str, Any]] = [
        {**message, KIND: "function"} for message in baseline.functions.values()
    ]
    for kind, identity in baseline.declared:
        parts = json.loads(identity)
        if kind == "registertrigger":
            names = ("trigger_type", "function_id", "config")
            offers.append(dict(zip(names, parts, strict=True)) | {KIND: "trigger"})
        elif kind == "registertriggertype":
            offers.append({"id": parts, KIND: "trigger type"})
    return offers


def _lacking(needed: list[tuple[str, Pattern]], baseline: Baseline, names: Names) -> str:
    """The first thing that the worker lacks, in words."""
    offers = _offers(baseline)
    for kind, pattern in needed:
        match = next((b for o in offers for b in pattern.solutions(o, names)), None)
        if match is None:
            wanted = pattern.parts()[1].describe(names)
            return f"a {kind} {wanted}"
        names = match
    return "all of " + ", ".join(f"a {kind}" for kind, _ in needed) + " at the same time"
