"""Reconnecting: every way to lose a connection, and what a worker owes the engine afterwards."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.checks.ready import looking_back
from conformance.conversation import Conversation, Identity
from conformance.stage import Invocation, Stage
from conformance.trial import Record, Trial, Worker, check, trial
from conformance.verdict import Finding, broken, kept, not_applicable, unproven
from mock_engine.faults import Close, End, Fault, Reject, Reset, rule
from mock_engine.transcript import Answered, Direction, Message

HOT = 0.25
"""Seconds between two tries under which a retry loop is a hot one. SDKs start at 0.7 s."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A lost connection: what was there before it, and how much of it came back.

    ``at`` is when the engine dropped the connections, in seconds.
    """

    how: str
    at: float
    before: tuple[int, ...]
    back: bool
    exit_code: int | None

    def after(self, talk: Conversation) -> list[int]:
        """The worker connections made after the drop."""
        return [number for number in talk.workers if talk.first_message(number).at > self.at]


def _dropping(name: str, how: str, drop: Fault) -> Trial[Drop]:
    @trial(Worker.OWN, name)
    async def dropped(stage: Stage) -> Drop:
        await stage.start()
        await stage.ready()
        return await _drop(stage, how, drop)

    return dropped


async def _drop(stage: Stage, how: str, drop: Fault) -> Drop:
    before = tuple(stage.workers)
    at = stage.transcript.now()
    for connection in stage.websockets():
        connection.suffer(drop)
    back = await stage.until(
        lambda: set(stage.workers) - set(before) or not stage.process.running,
        stage.pace.reconnect,
    )
    if back and stage.process.running:
        await stage.present(stage.pace.reply)
        await stage.settled()
    returned = bool(set(stage.workers) - set(before))
    return Drop(how, at, before, returned, stage.process.exit_code)


after_1000 = _dropping("after_1000", "a close frame with code 1000", Close(1000))
after_1001 = _dropping("after_1001", "a close frame with code 1001", Close(1001))
after_1011 = _dropping("after_1011", "a close frame with code 1011", Close(1011))
after_codeless = _dropping("after_codeless", "a close frame without a code", Close())
after_end = _dropping("after_end", "the end of the TCP stream", End())
after_reset = _dropping("after_reset", "a TCP reset", Reset())


@trial(Worker.OWN, slow=True)
async def after_refusal(stage: Stage) -> Drop:
    """Reset the connection and refuse the next upgrade, as a proxy does without a backend."""
    await stage.start()
    await stage.ready()
    stage.listener.play((rule(Reject()),))
    known = {
        requested.request.target
        for number in stage.workers
        if (requested := stage.talk.requests.get(number))
    }

    def refused() -> bool:
        requests = (stage.talk.requests.get(n) for n in _refused(stage))
        return any(r is not None and r.request.target in known for r in requests)

    async def admit_again() -> None:
        await stage.until(lambda: refused() or not stage.process.running, stage.pace.reconnect)
        stage.listener.play(())

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(admit_again())
        drop = tasks.create_task(_drop(stage, "a refused upgrade", Reset()))
    return drop.result()


def _refused(stage: Stage) -> list[int]:
    return [e.connection for e in stage.transcript.of(Answered) if e.status == Reject().status]


DROPS = (
    after_1000,
    after_1001,
    after_1011,
    after_codeless,
    after_end,
    after_reset,
    after_refusal,
)


def _returns(requirement: str, drop: Trial[Drop]) -> None:
    @check(requirement, drop)
    def returns(record: Record[Drop]) -> Finding:
        lost = record.result
        if lost.back:
            number = lost.after(record.talk)[0]
            speech = record.talk.first_message(number)
            return kept(f"back {speech.at - lost.at:.1f} s after {lost.how}")
        state = "still runs, cut off" if lost.exit_code is None else "ended"
        return broken(
            expected=f"a new connection after {lost.how}",
            seen=f"none; the process {state}",
            events=record.events[-6:],
            remedy="Reconnect after any loss of the connection unless shutdown was asked for.",
        )


_returns("REC-001", after_1000)
_returns("REC-002", after_1001)
_returns("REC-003", after_1011)
_returns("REC-004", after_reset)
_returns("REC-005", after_refusal)
_returns("REC-013", after_codeless)
_returns("REC-014", after_end)


def _returned(records: tuple[Record[Drop], ...]) -> list[Record[Drop]]:
    return [record for record in records if record.result.back]


NEVER_BACK = "it never came back after a drop: see REC-001 to REC-005"


@check("REC-006", *DROPS)
def reattaches_first(*records: Record[Drop]) -> Finding:
    """Only the owner of the old connection may clear what it left behind."""
    returned = _returned(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record in returned:
        tokens = _greetings(record)
        if not tokens:
            return not_applicable("the engine gave no worker id to reattach with")
        for number in record.result.after(record.talk):
            first = record.talk.first_message(number)
            if first.type != "reattach":
                return broken(
                    expected="`reattach` as the first message of the new connection",
                    seen=f"a message of type {first.type!r}",
                    events=(first,),
                    remedy="Send reattach with previous_worker_id and reattach_token of the last "
                    "workerregistered, before anything else.",
                )
            pair = (first.json.get("previous_worker_id"), first.json.get("reattach_token"))
            if pair not in tokens:
                return broken(
                    expected=f"the id and token of the last connection, {tokens[-1]}",
                    seen=repr(pair),
                    events=(first,),
                    remedy="Keep worker_id and reattach_token of the newest workerregistered.",
                )
    return kept(f"`reattach` came first in {len(returned)} reconnects")


def _greetings(record: Record[Drop]) -> list[tuple[object, object]]:
    return [
        (m.json.get("worker_id"), m.json.get("reattach_token"))
        for number in record.result.before
        for m in record.talk.messages(number, Direction.FROM_ENGINE)
        if m.type == "workerregistered"
    ]


@check("REC-007", looking_back)
def does_not_reattach_at_first(record: Record[object]) -> Finding:
    """There is nothing to reattach to on a first connection."""
    early = [m for m in record.talk.messages() if m.type == "reattach"]
    firsts = record.talk.workers
    if early and early[0].connection == firsts[0]:
        return broken(
            expected="no `reattach` on a first connection",
            seen="one",
            events=(early[0],),
            remedy="Send reattach only after a workerregistered was received.",
        )
    return kept("its first connection began without `reattach`")


@check("REC-008", *DROPS)
def registers_everything_again(*records: Record[Drop]) -> Finding:
    """A new connection starts with nothing: the engine forgot what the old one registered."""
    returned = _returned(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record in returned:
        before, after = _sets(record)
        lost = before - after
        if lost:
            return broken(
                expected=f"all {sum(before.values())} registrations on the new connection, "
                f"after {record.result.how}",
                seen=f"{sum(lost.values())} missing, the first: {' '.join(next(iter(lost)))}",
                events=_after(record)[:6],
                remedy="Keep every live registration and send all of them on each connect.",
            )
    if not any(_sets(record)[0] for record in returned):
        return not_applicable("it registers nothing")
    return kept(f"the whole set came again in {len(returned)} reconnects")


@check("REC-009", *DROPS)
def registers_nothing_twice(*records: Record[Drop]) -> Finding:
    """What is sent twice was queued and replayed; with triggers that fires twice."""
    returned = _returned(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record in returned:
        before, after = _sets(record)
        doubled = after - before
        if doubled:
            return broken(
                expected="each registration once on the new connection",
                seen=f"{sum(doubled.values())} more than before, "
                f"the first: {' '.join(next(iter(doubled)))}",
                events=_after(record)[:6],
                remedy="Replay registrations from one list, and empty the queue of those in it.",
            )
    return kept(f"nothing came twice in {len(returned)} reconnects")


@check("REC-010", after_refusal)
def waits_between_tries(record: Record[Drop]) -> Finding:
    """Workers that all retry at once keep an engine from coming back."""
    gaps = _gaps(record)
    if not gaps:
        return unproven("it did not try twice")
    told = "gaps of " + ", ".join(f"{gap:.2f} s" for gap in gaps[:5])
    if min(gaps) < HOT:
        return broken(
            expected=f"at least {HOT} s between two tries, growing",
            seen=told,
            events=_after(record)[:6],
            remedy="Wait 1 s before the first retry and double it up to 30 s, with some chance.",
        )
    return kept(told)


def _gaps(record: Record[Drop]) -> list[float]:
    """Seconds between a drop and the first try to reconnect, and between further tries.

    A process that held several connections on a path retries each of them: then every so many
    tries make one round. What follows the first success are no tries any more.
    """
    talk, at = record.talk, record.result.at
    paths = {talk.requests[number].request.path for number in talk.workers}
    requests = [r for r in talk.requests.values() if r.request.path in paths]
    success = min((e.at for e in talk.upgrades.values() if e.at > at), default=math.inf)
    lost = sum(r.at < at for r in requests)
    tries = [at] * lost + [r.at for r in requests if at < r.at <= success]
    return [later - earlier for earlier, later in zip(tries, tries[lost:], strict=False)]


@check("REC-011", *DROPS)
def announces_itself_again(*records: Record[Drop]) -> Finding:
    """The engine knows a worker by the announcement on its connection."""
    returned = _returned(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record in returned:
        if not any(record.talk.announcements(n) for n in record.result.before):
            return unproven("it did not announce itself at first either: see ANN-001")
        for number in record.result.after(record.talk):
            if not record.talk.announcements(number):
                return broken(
                    expected="a call of engine::workers::register on the new connection",
                    seen=f"none after {record.result.how}",
                    events=_after(record)[:6],
                    remedy="Announce on every connection, not only on the first.",
                )
    return kept(f"announced again in {len(returned)} reconnects")


@check("REC-015", *DROPS)
def keeps_its_trigger_ids(*records: Record[Drop]) -> Finding:
    """Whoever holds the id of a trigger can unregister it after a reconnect, too."""
    compared = 0
    for record in _returned(records):
        old, new = (
            _trigger_ids(record, record.result.before),
            _trigger_ids(record, record.result.after(record.talk)),
        )
        for identity, ids in old.items():
            if identity in new and not ids & new[identity]:
                return broken(
                    expected=f"the trigger {identity[1]} with the id it had, {min(ids)!r}",
                    seen=f"the id {min(new[identity])!r}",
                    events=_after(record)[:6],
                    remedy="Draw the id of a trigger once, when it is registered.",
                )
            compared += identity in new
    if not compared:
        return not_applicable("it registers no trigger, or never came back")
    return kept(f"{compared} triggers came back under their ids")


def _trigger_ids(record: Record[Drop], connections: Iterable[int]) -> dict[Identity, set[str]]:
    chosen = set(connections)
    found: dict[Identity, set[str]] = {}
    for registration in record.talk.registrations:
        if registration.kind == "registertrigger" and registration.message.connection in chosen:
            found.setdefault(registration.identity, set()).add(str(registration.id))
    return found


@dataclass(frozen=True, slots=True)
class Straddle:
    """An invocation that was running when its connection was lost."""

    invocation: Invocation
    back: bool


@trial(Worker.OWN, slow=True)
async def cut_while_busy(stage: Stage) -> Straddle:
    """Cut the connection while a slow invocation runs, and wait until it must have ended."""
    sleep = stage.role("sleep")
    await stage.start()
    await stage.ready()
    invocation = stage.invoke(sleep, {"ms": 200})
    slow = stage.invoke(sleep, {"ms": 2500})
    await stage.reply(invocation)
    drop = await _drop(stage, "a cut", End())
    await stage.until(lambda: bool(stage.replies(slow)), 2.5 + stage.pace.stray)
    return Straddle(slow, drop.back)


@check("REC-016", cut_while_busy)
def keeps_old_answers_to_itself(record: Record[Straddle]) -> Finding:
    """The engine has told the caller that the invocation was stopped; the answer is nobody's."""
    if not record.result.back:
        return unproven(NEVER_BACK)
    invocation = record.result.invocation
    answers = record.talk.answers(invocation.id)
    late = [answer for answer in answers if answer.connection != invocation.connection]
    if len(late) < len(answers):
        return unproven("the invocation was answered before its connection could be cut")
    if not late:
        return kept("no answer to a call of the old connection came on the new one")
    return broken(
        expected="no answer on a new connection to a call of the old one",
        seen="one",
        events=tuple(late[:1]),
        remedy="Remember with each invocation the connection it came on, and drop its answer "
        "when that is gone.",
    )


def _sets(record: Record[Drop]) -> tuple[Counter[Identity], Counter[Identity]]:
    drop = record.result
    return record.talk.declared(drop.before), record.talk.declared(drop.after(record.talk))


def _after(record: Record[Drop]) -> tuple[Message, ...]:
    numbers = record.result.after(record.talk)
    return tuple(m for m in record.talk.messages() if m.connection in numbers)
