"""A worker comes back after every loss of its connection."""

from __future__ import annotations

from collections import defaultdict

from conformance.checks.stimuli.enduring import OftenLost, lost_often, lost_several_times
from conformance.checks.stimuli.losing import NEVER_BACK, WAYS, Series, refused_at_first
from conformance.checks.stimuli.ways import REFUSED_UPGRADE, RESET
from conformance.requirements.verdict import Conclusion, Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, Trial, check


def _returns(requirement: str, *records: Record[Series]) -> Finding:
    """Whether the worker came back after the losses that the requirement is about."""
    drops = [(r, d) for r in records for d in r.result if d.way.requirement == requirement]
    away = [(r, d) for r, d in drops if not d.back]
    lost = [(r, d) for r, d in drops if d.before]  # at first there is nothing to be lost
    if not (away or lost):
        return inconclusive("the worker, started anew, was not ready in time to try this")
    record, drop = (away or lost)[0]
    if drop.back:
        speech = record.talk.first_message(drop.after[0])
        return kept(f"back {speech.at - drop.at:.1f} s after {drop.way.how}")
    state = "still runs, cut off" if drop.exit_code is None else "ended"
    return broken(
        expected=f"a new connection after {drop.way.how}",
        seen=f"none; the process {state}",
        events=tuple(e for e in record.events if drop.at <= e.at <= drop.until)[:8],
        remedy="Reconnect after any loss of the connection unless shutdown was asked for.",
    )


def _returns_always(*records: Record[Series] | Record[OftenLost]) -> Finding:
    """A worker that gives up after a number of lost connections stays offline in the end."""
    single = [record for record in records if not isinstance(record.result, OftenLost)]
    finding = _returns(RESET.requirement, single[0]) if single else inconclusive(NEVER_BACK)
    if finding.conclusion is Conclusion.BROKEN:
        return finding
    for record in records:
        lost = record.result
        if not isinstance(lost, OftenLost):
            continue
        if not lost.back:
            state = "still runs, cut off" if lost.exit_code is None else "ended"
            return broken(
                expected=f"a new connection after each TCP reset, number {lost.losses} too",
                seen=f"none after that one; the process {state}",
                events=record.events[-8:],
                remedy="Count the tries of one outage, if at all, and begin anew after success.",
            )
        finding = kept(f"back after each of {lost.losses} TCP resets in a row")
    return finding


def _register() -> None:
    proving: dict[str, list[Trial[Series]]] = defaultdict(list)
    for series, ways in WAYS.items():
        for way in ways:
            proving[way.requirement].append(series)
    for requirement, several in proving.items():
        if requirement == RESET.requirement:
            check(requirement, *several, lost_several_times, lost_often)(_returns_always)
            continue
        also = (refused_at_first,) if requirement == REFUSED_UPGRADE.requirement else ()

        @check(requirement, *several, *also)
        def returns(*records: Record[Series], requirement: str = requirement) -> Finding:
            return _returns(requirement, *records)


_register()
