"""Reconnecting: coming back after every loss, as the worker that one was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.checks.losing import (
    NEVER_BACK,
    SERIES,
    WAYS,
    Series,
    drops,
)
from conformance.checks.ready import looking_back
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Direction, Message


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


@check("REC-006", *SERIES)
def reattaches_first(*records: Record[Series]) -> Finding:
    """Only the owner of the old connection may clear what it left behind."""
    returned = drops(records)
    if not returned:
        return inconclusive(NEVER_BACK)
    judged = 0
    for record, drop in returned:
        known = _greetings(record, drop.before)
        for number in drop.fresh(record.talk):
            if not known:
                continue
            finding = _reattachment(record.talk.first_message(number), known)
            if finding is not None:
                return finding
            judged += 1
            # One that was lost at once may not have read its greeting: then the older one counts.
            known += _greetings(record, [number])
    if not judged:
        return not_applicable("the engine gave no worker id to reattach with")
    return kept(f"`reattach` came first in {judged} reconnects, with the newest id and token")


def _reattachment(first: Message, known: list[tuple[object, object]]) -> Finding | None:
    """What is wrong with the first message of a reconnection."""
    if first.type != "reattach":
        return broken(
            expected="`reattach` as the first message of the new connection",
            seen=f"a message of type {first.type!r}",
            events=(first,),
            remedy="Send reattach with previous_worker_id and reattach_token of the last "
            "workerregistered, before anything else.",
        )
    pair = (first.json.get("previous_worker_id"), first.json.get("reattach_token"))
    if pair in known:
        return None
    return broken(
        expected=f"the id and token of the last connection, {known[-1]}",
        seen=repr(pair),
        events=(first,),
        remedy="Keep worker_id and reattach_token of the newest workerregistered, after every "
        "connection.",
    )


def _greetings(record: Record[Series], connections: Iterable[int]) -> list[tuple[object, object]]:
    return [
        (m.json.get("worker_id"), m.json.get("reattach_token"))
        for number in connections
        for m in record.talk.messages(number, Direction.FROM_ENGINE)
        if m.type == "workerregistered"
    ]


@check("REC-007", looking_back)
def does_not_reattach_at_first(record: Record[object]) -> Finding:
    """There is nothing to reattach to on a first connection."""
    early = [m for m in record.talk.messages() if m.type == "reattach"]
    firsts = record.talk.workers
    if not firsts:
        return inconclusive("it opened no connection that it spoke on: see CON-001")
    if early and early[0].connection == firsts[0]:
        return broken(
            expected="no `reattach` on a first connection",
            seen="one",
            events=(early[0],),
            remedy="Send reattach only after a workerregistered was received.",
        )
    return kept("its first connection began without `reattach`")


@dataclass(frozen=True, slots=True)
class Straddle:
    """An invocation that was running when its connection was lost."""

    invocation: Invocation
    back: bool


@trial(Worker.OWN, slow=True)
async def cut_while_busy(harness: Harness) -> Straddle:
    """Cut the connection while a slow invocation runs, and wait until it must have ended."""
    sleep = harness.invoker.role("sleep")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(sleep, {"ms": 200})
    slow = harness.invoker.invoke(sleep, {"ms": 2500})
    await harness.invoker.reply(invocation)
    before = set(harness.workers)
    for connection in harness.websockets():
        connection.cut()
    await harness.until(
        lambda: set(harness.workers) - before or not harness.worker.running,
        harness.pace.reconnect,
    )
    back = bool(set(harness.workers) - before)
    await harness.until(lambda: bool(harness.invoker.replies(slow)), 2.5 + harness.pace.stray)
    return Straddle(slow, back)


@check("REC-016", cut_while_busy, *SERIES)
def keeps_old_answers_to_itself(*records: Record[Straddle] | Record[Series]) -> Finding:
    """The engine has told the caller that the invocation was stopped; the answer is nobody's."""
    played = [record.result for record in records if isinstance(record.result, Straddle)]
    asked = [(r, i) for r in records for i in _interrupted(r)]
    for record, invocation in asked:
        late = [
            answer
            for answer in record.talk.answers(invocation.id)
            if answer.connection != invocation.connection
        ]
        if late:
            return broken(
                expected="no answer on a new connection to a call of the old one",
                seen="one",
                events=tuple(late[:1]),
                remedy="Remember with each invocation the connection it came on, and drop its "
                "answer when that is gone.",
            )
    if not played:
        return inconclusive("this takes a function that plays the role conformance::sleep")
    if not played[0].back:
        return inconclusive(NEVER_BACK)
    if any(r.talk.answers(i.id) for r, i in asked if i is played[0].invocation):
        return inconclusive("the invocation was answered before its connection could be cut")
    return kept("no answer to a call of an old connection came on a new one")


def _interrupted(record: Record[Straddle] | Record[Series]) -> list[Invocation]:
    """The invocations that were under way when their connection was lost."""
    if isinstance(record.result, Straddle):
        return [record.result.invocation]
    return [drop.last_call for drop in record.result if drop.last_call is not None]
