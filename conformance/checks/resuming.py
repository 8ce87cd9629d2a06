"""Resuming: a worker that is back after a loss serves as it did before it."""

from __future__ import annotations

from conformance.checks.answers import about, described, disowned
from conformance.checks.handling import Round, every_function
from conformance.checks.losing import NEVER_BACK, SERIES, Drop, Series, drops
from conformance.checks.ready import pongs
from conformance.checks.service import EXTRA, OFFER, PAYLOAD, Service
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, check


def _services(records: tuple[Record[Series], ...]) -> list[tuple[Record[Series], Drop, Service]]:
    return [
        (record, drop, drop.service) for record, drop in drops(records) if drop.service is not None
    ]


@check("REC-033", every_function, *SERIES)
def answers_after_a_loss(first: Record[Round], *records: Record[Series]) -> Finding:
    """What still looks at the old connection answers into the void, or twice."""
    answering = _answering(first)
    judged = 0
    for record, drop, service in _services(records):
        for invocation in service.asked:
            if invocation.function_id not in answering:
                continue
            judged += 1
            finding = _answered_once(record, invocation, drop)
            if finding is not None:
                return finding
    if not judged:
        return inconclusive(NEVER_BACK)
    return kept(f"{judged} invocations after a reconnect, each answered once")


def _answering(first: Record[Round]) -> set[str]:
    """The functions that answered before any loss; what is asked after it is one of them."""
    asked = [i for i in first.result.known if first.talk.answers(i.id)]
    return {i.function_id for i in asked} | {ABSENT, EXTRA} | _pulse(first)


def _pulse(first: Record[Round]) -> set[str]:
    return {first.baseline.pulse} if first.baseline.pulse is not None else set()


def _answered_once(record: Record[Series], invocation: Invocation, drop: Drop) -> Finding | None:
    answers = record.talk.answers(invocation.id)
    known = invocation.function_id != ABSENT
    lost = bool(answers) and known and disowned(record.talk, invocation, answers[0])
    if len(answers) == 1 and not lost:
        return None
    return broken(
        expected=f"one answer of {invocation.function_id} after {drop.way.how}",
        seen=described(answers[0]) if lost else f"{len(answers)} answers",
        events=about(record, invocation)[:4],
        remedy="Let each connection have its own reader, and answer on the connection that asked.",
    )


@check("REC-034", *SERIES)
def answers_pings_after_a_loss(*records: Record[Series]) -> Finding:
    """A keepalive that belongs to the first connection leaves the others to the next proxy."""
    services = _services(records)
    if not services:
        return inconclusive(NEVER_BACK)
    for record, drop, service in services:
        for number in service.pinged:
            cut = record.talk.ends.get(number)
            ponged = pongs(record.events, number, PAYLOAD)
            if not ponged and (cut is None or cut.at >= drop.until):
                return broken(
                    expected=f"a pong with the payload {PAYLOAD!r} after {drop.way.how}",
                    seen=f"none on connection #{number}",
                    events=tuple(e for e in record.events if e.connection == number)[-6:],
                    remedy="Read from each connection at all times, not from the first one alone.",
                )
    return kept(f"pings were answered after {len(services)} reconnects")


@check("REC-035", *SERIES)
def provides_after_a_loss(*records: Record[Series]) -> Finding:
    """The engine offers a provider that is back every trigger of its type anew."""
    services = [each for each in _services(records) if each[2].offered is not None]
    if not services:
        return not_applicable("it provides no trigger type after a reconnect")
    for record, drop, _ in services:
        answers = [
            message
            for message in record.talk.messages()
            if message.type == "triggerregistrationresult"
            and message.json.get("id") == OFFER
            and drop.at < message.at <= drop.until
        ]
        if not answers or answers[0].json.get("error"):
            return broken(
                expected=f"a triggerregistrationresult without an error after {drop.way.how}",
                seen=f"the error {answers[0].json['error']!r}" if answers else "none",
                events=tuple(answers[:1]),
                remedy="Answer registertrigger on every connection, and replace what you hold.",
            )
    return kept(f"it took a trigger after each of {len(services)} reconnects")


@check("REC-036", *SERIES)
def comes_back_once(*records: Record[Series]) -> Finding:
    """A second connection takes the first one's name, or its reattach cuts the first one off."""
    returned = drops(records)
    if not returned:
        return inconclusive(NEVER_BACK)
    for record, drop in returned:
        fresh = drop.fresh(record.talk)
        for position, number in enumerate(fresh):
            spoke = record.talk.first_message(number)
            live = [n for n in fresh[:position] if _is_live(record, n, spoke.at)]
            if len(live) >= max(len(drop.before), record.baseline.workers):
                return broken(
                    expected=f"{len(drop.before)} connections again after {drop.way.how}",
                    seen=f"one more, #{number}, while #{live[-1]} was open",
                    events=(record.talk.first_message(live[-1]), spoke),
                    remedy="Begin one attempt for each loss: a failed connection often reports "
                    "both an error and its end.",
                )
    return kept(f"as many connections as before after each of {len(returned)} reconnects")


def _is_live(record: Record[Series], number: int, at: float) -> bool:
    end = record.talk.ends.get(number)
    return end is None or end.at >= at
