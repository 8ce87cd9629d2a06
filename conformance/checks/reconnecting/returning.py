"""A worker comes back after every loss of its connection."""

from __future__ import annotations

from conformance.checks.stimuli.losing import WAYS, Series, refused_at_first
from conformance.checks.stimuli.ways import REFUSED_UPGRADE
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check


def _returns(requirement: str, *records: Record[Series]) -> Finding:
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


def _register() -> None:
    for series, ways in WAYS.items():
        for way in ways:
            also = (refused_at_first,) if way is REFUSED_UPGRADE else ()

            @check(way.requirement, series, *also)
            def returns(*records: Record[Series], requirement: str = way.requirement) -> Finding:
                return _returns(requirement, *records)


_register()
