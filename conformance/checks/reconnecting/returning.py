"""A worker comes back after every loss of its connection."""

from __future__ import annotations

from conformance.checks.stimuli.losing import WAYS, Series
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check


def _returns(requirement: str, record: Record[Series]) -> Finding:
    drop = next((d for d in record.result if d.way.requirement == requirement), None)
    if drop is None:
        return inconclusive("the worker, started anew, was not ready in time to try this")
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

            @check(way.requirement, series)
            def returns(record: Record[Series], requirement: str = way.requirement) -> Finding:
                return _returns(requirement, record)


_register()
