"""Probes as trials, and the checks of requirements for engines against recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.engines import probe as probes
from conformance.engines.player import Difference, EngineHarness, Played, play
from conformance.engines.source import Source
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Check, Record, Trial, Worker
from mock_engine.transcript import Direction, Event, Message

EVERY = "*"
"""In the catalogue: all probes shipped with the suite."""

CITED = 6
"""How many messages of the step that differs are cited."""

SHOWN = 8
"""How many places a list names."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a probe, and how the engine ended if it did."""

    played: Played
    ended: str = ""


@dataclass(frozen=True, slots=True)
class ProbeTrial(Trial[Played]):
    """A trial that plays the probe of this name to an engine."""

    probe: str = ""


def probe_trial(name: str, source: Source) -> ProbeTrial:
    """The trial that plays a probe."""

    async def on_engine(harness: EngineHarness) -> Played:
        return await play(source.probe(name), source.recording(name), harness)

    return ProbeTrial(name, Worker.OWN, on_engine, probe=name)


def checks(catalogue: Catalogue, source: Source) -> Mapping[str, Check]:
    """The check of every requirement, by its id."""
    every = compared()
    found = {}
    for requirement in catalogue:
        worded = requirement.probes == (EVERY,)
        names = every if worded else requirement.probes
        trials = tuple(probe_trial(name, source) for name in names)
        judge = _worded if worded else _judge(len(names))
        found[requirement.id] = Check(requirement.id, trials, judge)
    return found


def compared() -> Sequence[str]:
    """The suite's probes, except those that recorded a defect of the engine."""
    names = probes.names(probes.shipped())
    return [name for name in names if probes.shipped_probe(name).defect is None]


def _judge(wanted: int) -> Callable[..., Finding]:
    def judge(*records: Record[Observation]) -> Finding:
        return finding(records, wanted)

    return judge


def finding(records: Sequence[Record[Observation]], wanted: int) -> Finding:
    """What the records of these probes show about an engine."""
    for record in records:
        difference = record.result.played.difference
        if difference is not None:
            return differing(record, difference)
    if len(records) < wanted:
        return inconclusive(f"only {len(records)} of its {wanted} probes could be played")
    names = ", ".join(record.trial for record in records)
    return kept(f"as recorded: {names}", *_cited(records[-1].events))


def differing(record: Record[Observation], difference: Difference) -> Finding:
    """A requirement that is broken because a probe differs."""
    found = difference.mismatch
    ended = f"; the engine ended ({record.result.ended})" if record.result.ended else ""
    where = f"probe {record.trial}, step {difference.step} ({difference.action})"
    return broken(
        expected=f"{where}: {found.path} is {found.recorded}",
        seen=f"{where}: {found.path} is {found.seen}{ended}",
        events=_cited(record.result.played.events),
        remedy="play this probe alone with `-k` and its name; its script is "
        f"conformance/engines/probes/{record.trial}.yaml",
    )


def _worded(*records: Record[Observation]) -> Finding:
    return wording(records)


def wording(records: Sequence[Record[Observation]]) -> Finding:
    """Whether wording for people is as recorded, wherever it was compared."""
    found = {record.trial: record.result.played.wording for record in records}
    names = [name for name, wording in found.items() if wording]
    if not names:
        return kept(f"as recorded in {len(records)} probes")
    first = found[names[0]][0]
    where = f"probe {names[0]}, step {first.step} ({first.action}): {first.mismatch.path}"
    number = sum(map(len, found.values()))
    return broken(
        expected=f"{where} is {first.mismatch.recorded}",
        seen=f"{where} is {first.mismatch.seen}; {number} such texts in {listed(names)}",
        remedy="no program reads them, but users do; list what is meant as a known failure",
    )


def listed(names: Iterable[str]) -> str:
    """Names with commas, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more


def _cited(events: Sequence[Event]) -> tuple[Event, ...]:
    """The last messages that the engine sent."""
    messages: list[Any] = [
        event
        for event in events
        if isinstance(event, Message) and event.direction is Direction.FROM_ENGINE
    ]
    return tuple(messages[-CITED:])
