"""From a performance to a verdict: what a scenario needs of a worker, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.baseline import Baseline
from conformance.court import rated
from conformance.known import KnownFailure, applied
from conformance.protocol import Protocol
from conformance.report.entry import LAST_LINES, SCENARIO, Entry, rate, reason
from conformance.report.frames import Frame, frame
from conformance.scenarios.assignment import assignments
from conformance.scenarios.patterns.base import Names, Pattern
from conformance.scenarios.patterns.combined import All
from conformance.scenarios.patterns.single import Is
from conformance.scenarios.patterns.structures import Object
from conformance.scenarios.reading import PULSE
from conformance.scenarios.stagehand import Performance, perform
from conformance.scenarios.steps import Needs, Scenario
from conformance.scheduler import Missed
from conformance.scheduler import Outcome as Played
from conformance.stage import Stage
from conformance.trial import Record, Trial, Unmet, Worker
from conformance.verdict import (
    Finding,
    Outcome,
    broken,
    kept,
    not_applicable,
    outcome_of,
    unproven,
)
from mock_engine.rendering import summary

BEFORE, AFTER = 14, 4
"""How many events are told before and after the place where a scenario failed."""

PHASE = "scenarios"
"""The phase that scenarios are told under."""

KIND = "#kind"


def trial(scenario: Scenario) -> Trial[Performance]:
    """The trial that plays a scenario, with a worker and an engine of its own."""

    async def play(stage: Stage) -> Performance:
        return await perform(scenario, bound(scenario, stage.baseline), stage)

    return Trial(f"scenario {scenario.place.file}", Worker.OWN, play)


def bound(scenario: Scenario, baseline: Baseline) -> Names:
    """What the names of a scenario stand for at its beginning, with this worker.

    Raises:
        Unmet: the worker has not registered what the scenario needs.
    """
    names: dict[str, Any] = dict(scenario.parameters)
    if baseline.pulse is not None:
        names[PULSE] = baseline.pulse
    needed = _needed(scenario.needs)
    found = next(assignments([p for _, p in needed], _offers(baseline), names), None)
    if found is None:
        raise Unmet(f"takes a worker with {_lacking(needed, baseline, names)}")
    return found[1]


def finding(scenario: Scenario, played: Played, protocol: Protocol) -> Finding:
    """What playing a scenario showed."""
    if not protocol.knows(scenario.since, scenario.until):
        bounds = [f"since {scenario.since}"] if scenario.since else []
        bounds += [f"until {scenario.until}"] if scenario.until else []
        told = f"a conversation of protocol versions {' '.join(bounds)}; {protocol.reason}"
        return not_applicable(told)
    if isinstance(played, Missed):
        lacking = played.reason.startswith("takes a worker with")
        return not_applicable(played.reason) if lacking else unproven(played.reason)
    failure = played.result.failure
    if failure is None:
        return kept(f"all {played.result.steps} steps went through")
    return broken(
        expected=failure.expected,
        seen=failure.seen,
        remedy=failure.step.note or scenario.remedy,
    )


def verdict(
    scenario: Scenario,
    played: Sequence[Played],
    protocol: Protocol,
    known: KnownFailure | None = None,
) -> Entry:
    """The verdict on a scenario, as data; one that is flaky was played several times."""
    findings = [finding(scenario, each, protocol) for each in played]
    number, tried = rated(findings) if len(findings) > 1 else (0, None)
    found, told = findings[number], played[number]
    outcome = applied(outcome_of(found, scenario.level), found.seen, known)
    if tried and tried.is_flaky:
        outcome = Outcome.FLAKY
    record = told if isinstance(told, Record) and outcome.wrong else None
    return {
        "kind": SCENARIO,
        "id": scenario.name,
        "phase": PHASE,
        "level": scenario.level.value,
        "sentence": scenario.title,
        "source": scenario.source or scenario.place.file,
        "bugs": [],
        "protocol": protocol.version,
        "outcome": outcome.value,
        "reason": reason(outcome, f"{_where(record)}{found.seen}", known, tried),
        "tried": rate(tried),
        "command": "",
        "evidence": {
            "expected": found.expected,
            "seen": found.seen,
            "remedy": found.remedy,
            "differences": _differences(record),
            "frames": around(record) if record is not None else [],
            "log": list(record.log[-LAST_LINES:]) if record is not None else [],
            "runs": list(dict.fromkeys(each.run for each in played if each.run)),
        },
    }


def _where(record: Record[Performance] | None) -> str:
    failure = record.result.failure if record is not None else None
    return "" if failure is None else f"{failure.step.place}: "


def _differences(record: Record[Performance] | None) -> list[str]:
    """Where the scenario failed, and each difference between what was expected and what came."""
    failure = record.result.failure if record is not None else None
    if failure is None:
        return []
    told = [f"of the step `{failure.step.kind}`, {failure.step.place}"]
    for each in failure.differences:
        told += [f"at {each.path or 'the whole'}:", f"  expected  {each.expected}"]
        told += [f"  seen      {each.seen}"]
    return told


def around(record: Record[Performance]) -> list[Frame]:
    """The conversation around the failed step, with a mark where it failed."""
    failure = record.result.failure
    if failure is None:
        return []
    at = failure.closest.at if failure.closest is not None else record.result.failed_at
    events = [event for event in record.events if summary(event) is not None]
    before = [event for event in events if event.at <= at][-BEFORE:]
    after = [event for event in events if event.at > at][:AFTER]
    mark: Frame = {
        "at": round(at, 6),
        "connection": 0,
        "sender": "",
        "text": f"── `{failure.step.kind}` of line {failure.step.place.line} failed here ──",
        "cited": True,
    }
    return [*map(frame, before), mark, *map(frame, after)]


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
        told = json.loads(identity)
        if kind == "registertrigger":
            names = ("trigger_type", "function_id", "config")
            offers.append(dict(zip(names, told, strict=True)) | {KIND: "trigger"})
        elif kind == "registertriggertype":
            offers.append({"id": told, KIND: "trigger type"})
    return offers


def _lacking(needed: list[tuple[str, Pattern]], baseline: Baseline, names: Names) -> str:
    """The first thing that the worker lacks, in words."""
    offers = _offers(baseline)
    for kind, pattern in needed:
        match = next((b for o in offers for b in pattern.solutions(o, names)), None)
        if match is None:
            told = pattern.parts()[1].describe(names)
            return f"a {kind} {told}"
        names = match
    return "all of " + ", ".join(f"a {kind}" for kind, _ in needed) + " at the same time"
