"""How soon, and how often, a worker that lost its connection tries again."""

from __future__ import annotations

import math

from conformance.checks.stimuli.enduring import LONG_OUTAGE, Outage, long_absence, long_outage
from conformance.checks.stimuli.losing import (
    HOT,
    Drop,
    Series,
    first_delays,
    first_series,
    grew,
    messages_after,
    refused_series,
    second_series,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check


@check("REC-027", long_outage, long_absence)
def outlasts_a_long_outage(*records: Record[Outage]) -> Finding:
    """An engine upgrade takes minutes, and a worker that gives up stays offline afterwards."""
    for record in records:
        outage = record.result
        if not outage.back:
            times = ", ".join(f"{t:.0f}" for t in outage.tries[:10])
            tried = f", tries after {times} s" if times else ""
            return broken(
                expected=f"a new connection after {LONG_OUTAGE:.0f} s in which the engine "
                f"{outage.what}",
                seen=f"none{tried}; the process "
                + ("still runs" if outage.exit_code is None else "ended"),
                events=record.events[-4:],
                remedy="Retry for ever; let the delay grow to 30 s and no further.",
            )
    whats = " and ".join(record.result.what for record in records)
    return kept(f"it was back after {LONG_OUTAGE:.0f} s in which the engine {whats}")


@check("REC-028", long_outage)
def retries_less_and_less_often(record: Record[Outage]) -> Finding:
    """Thousands of workers that retry without a pause keep an engine from starting."""
    tries = record.result.tries
    if len(tries) < 2:
        return inconclusive("it did not try twice")
    if len(tries) <= LONG_OUTAGE:
        return kept(f"{len(tries)} tries in {LONG_OUTAGE:.0f} s")
    return broken(
        expected=f"at most {LONG_OUTAGE:.0f} tries in {LONG_OUTAGE:.0f} s",
        seen=f"{len(tries)} tries",
        remedy="Double the delay after each failure, from 1 s to 30 s.",
    )


@check("REC-010", refused_series, first_series, second_series)
def waits_between_tries(*records: Record[Series]) -> Finding:
    """Workers that all retry at once keep an engine from coming back.

    One immediate try does no harm if the worker waits before the next one.
    """
    gaps_seen: list[float] = []
    for record in records:
        for drop in record.result:
            first, further = _gaps(record, drop)
            gaps_seen += first + further
            if further and min(further) < HOT:
                return broken(
                    expected=f"at least {HOT} s between two tries, growing",
                    seen=f"{min(further):.2f} s after {drop.way.how}",
                    events=messages_after(record, drop)[:6],
                    remedy="Wait 1 s before the first retry and double it up to 30 s, with some "
                    "chance.",
                )
    if not gaps_seen:
        return inconclusive("it did not try again")
    return kept("gaps of " + ", ".join(f"{gap:.2f} s" for gap in gaps_seen[:5]))


def _gaps(record: Record[Series], drop: Drop) -> tuple[list[float], list[float]]:
    """Seconds between a loss and the first tries to reconnect, and between further tries.

    A process that had several connections on a path retries each of them: then that many tries make
    one round. What follows the first success does not count as a try.
    """
    talk, at = record.talk, drop.at
    paths = {talk.requests[number].request.path for number in drop.before}
    requests = [r for r in talk.requests.values() if r.request.path in paths and r.at <= drop.until]
    ended = {n for n, end in talk.ends.items() if end.at < at}
    open_before = [r for r in requests if r.at < at and r.connection not in ended]
    success = min((e.at for e in talk.upgrades.values() if e.at > at), default=math.inf)
    lost = len(open_before)
    tries = [at] * lost + [r.at for r in requests if at < r.at <= success]
    gaps = [later - earlier for earlier, later in zip(tries, tries[lost:], strict=False)]
    return gaps[:lost], gaps[lost:]


@check("REC-021", first_series, second_series)
def begins_anew_after_success(*records: Record[Series]) -> Finding:
    """A delay that is never reset grows until each reconnect takes half a minute."""
    judged: list[tuple[Record[Series], list[float]]] = []
    for record in records:
        delays = first_delays(record.talk, record.result)
        if len(delays) >= 3:
            judged.append((record, delays))
    if not judged:
        return inconclusive("it did not come back three times in a row")
    series = "; ".join(", ".join(f"{delay:.1f} s" for delay in delays) for _, delays in judged)
    # A busy machine may lengthen some delays or there; a delay that grows does so in each series.
    if not all(grew(delays) for _, delays in judged):
        return kept(f"first delays of {series}")
    record, _ = judged[0]
    return broken(
        expected="a first delay after each success as short as the one before",
        seen=f"first delays of {series}",
        events=messages_after(record, record.result[-1])[:4],
        remedy="Set the delay back once a connection is set up.",
    )
