"""A worker that is back serves as it did before the loss."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.stimuli.answers import about, described, disowned
from conformance.checks.stimuli.functions import Round, every_function
from conformance.checks.stimuli.losing import NEVER_BACK, SERIES, Drop, Series, drops
from conformance.checks.stimuli.returning import back
from conformance.checks.stimuli.service import EXTRA, OFFER, PAYLOAD, Service
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.pings import pongs
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json


@dataclass(frozen=True, slots=True)
class Straddle:
    """An invocation that was running when its connection was lost."""

    invocation: Invocation
    back: bool


BUSY = 2.5
"""Seconds that the slow invocation runs: longer than it takes to dial again."""


@trial(Worker.OWN, seconds=BUSY + 0.5)
async def cut_while_busy(harness: Harness) -> Straddle:
    """Cut the connection during a slow invocation, and wait until that must have ended."""
    harness.invoker.can_sleep()
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.sleep(200)
    slow = harness.invoker.sleep(int(1000 * BUSY))
    await harness.invoker.reply(invocation)
    began = harness.transcript.now()
    before = set(harness.workers)
    for connection in harness.websockets():
        connection.cut()
    fresh = await back(harness, before)
    for number in fresh:
        harness.gateway.answer_on(harness.connection(number))
    rest = began + BUSY - harness.transcript.now()
    late = max(rest, 0.0) + harness.pace.stray
    await harness.until(lambda: bool(harness.invoker.replies(slow)), late)
    return Straddle(slow, bool(fresh))


@check("REC-016", cut_while_busy, *SERIES)
def keeps_old_answers_to_itself(*records: Record[Straddle] | Record[Series]) -> Finding:
    """The engine has told the caller that the invocation was stopped; nobody awaits an answer."""
    played = [record.result for record in records if isinstance(record.result, Straddle)]
    interrupted = [(r, i) for r in records for i in _interrupted(r)]
    for record, invocation in interrupted:
        late = [
            answer
            for answer in record.talk.answers(invocation.id)
            if answer.connection != invocation.connection
        ]
        if late:
            return broken(
                expected="no answer on a new connection to a call of the old one",
                seen="an answer to a call of the old connection",
                events=tuple(late[:1]),
                remedy="Remember with each invocation the connection it came on, and drop its "
                "answer when that is gone.",
            )
    if not played:
        return inconclusive("this takes a function that plays the role conformance::sleep")
    if not played[0].back:
        return inconclusive(NEVER_BACK)
    if any(r.talk.answers(i.id) for r, i in interrupted if i is played[0].invocation):
        return inconclusive("the invocation was answered before its connection could be cut")
    return kept("no answer to a call of an old connection came on a new one")


def _interrupted(record: Record[Straddle] | Record[Series]) -> list[Invocation]:
    """The invocations that were in flight when their connection was lost."""
    if isinstance(record.result, Straddle):
        return [record.result.invocation]
    return [drop.last_call for drop in record.result if drop.last_call is not None]


def _services(records: tuple[Record[Series], ...]) -> list[tuple[Record[Series], Drop, Service]]:
    return [
        (record, drop, drop.service) for record, drop in drops(records) if drop.service is not None
    ]


@check("REC-033", every_function, *SERIES)
def answers_after_a_loss(first: Record[Round], *records: Record[Series]) -> Finding:
    """Code that still uses the old connection loses its answers or sends them twice."""
    answering = _answering(first)
    judged = 0
    for record, drop, service in _services(records):
        for invocation in service.invocations:
            if invocation.function_id not in answering or _cut_short(record, invocation, drop):
                continue
            judged += 1
            finding = _answered_once(record, invocation, drop)
            if finding is not None:
                return finding
    if not judged:
        return inconclusive(NEVER_BACK)
    return kept(f"{judged} invocations after a reconnect, each answered once")


def _answering(first: Record[Round]) -> set[str]:
    """The functions that answered before any loss; one of them is invoked after it."""
    invocations = [i for i in first.result.known if first.talk.answers(i.id)]
    return {i.function_id for i in invocations} | {ABSENT, EXTRA} | _pulse(first)


def _pulse(first: Record[Round]) -> set[str]:
    return {first.baseline.pulse} if first.baseline.pulse is not None else set()


def _cut_short(record: Record[Series], invocation: Invocation, drop: Drop) -> bool:
    """Whether the engine itself closed the connection before an answer came."""
    closing = record.talk.closings.get(invocation.connection)
    closed = closing is not None and closing.at < drop.until
    return closed and not record.talk.answers(invocation.id)


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
    """If only the first connection answers pings, a proxy will close the later ones."""
    services = _services(records)
    if not services:
        return inconclusive(NEVER_BACK)
    for record, drop, service in services:
        for number in service.pinged:
            cut = record.talk.closings.get(number) or record.talk.ends.get(number)
            ponged = pongs(record.events, number, PAYLOAD)
            if not ponged and (cut is None or cut.at >= drop.until):
                return broken(
                    expected=f"a pong with the payload {as_json(PAYLOAD)} after {drop.way.how}",
                    seen=f"none on connection #{number}",
                    events=tuple(e for e in record.events if e.connection == number)[-6:],
                    remedy="Read from each connection at all times, not from the first one alone.",
                )
    return kept(f"pings were answered after {len(services)} reconnects")


@check("REC-035", *SERIES)
def provides_after_a_loss(*records: Record[Series]) -> Finding:
    """After a provider reconnects, the engine offers it every trigger of its type again."""
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
                seen=f"the error {as_json(answers[0].json['error'])}"
                if answers
                else "no triggerregistrationresult",
                events=tuple(answers[:1]),
                remedy="Answer registertrigger on every connection, and replace what you hold.",
            )
    return kept(f"it took a trigger after each of {len(services)} reconnects")


@check("REC-036", *SERIES)
def comes_back_once(*records: Record[Series]) -> Finding:
    """A second connection takes the name of the first, or disconnects it by reattaching."""
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
