"""Reconnecting: what a worker owes the engine after it lost its connection."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.checks.losing import (
    SERIES,
    WAYS,
    Drop,
    Series,
    drops,
    first_series,
    second_series,
    third_series,
)
from conformance.checks.ready import looking_back
from conformance.conversation import Identity
from conformance.stage import Invocation, Stage
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept, not_applicable, unproven
from mock_engine.transcript import Direction, Message

HOT = 0.25
"""Seconds between two tries under which a retry loop is a hot one. SDKs start at 0.7 s."""

RESET_RATIO = 1.8
RESET_FLOOR = 2.0
"""A later first delay is a grown one when it is longer than this many seconds, and by this factor
longer than the first: 1 s give or take 30 % varies by 1.86 at most, and stays below 2 s."""

STEP_RATIO = 1.2
"""By which the second one is longer at least, if delays double."""

NEVER_BACK = "it never came back after a loss: see REC-001 to REC-005"


def _returns(requirement: str, record: Record[Series]) -> Finding:
    drop = next((d for d in record.result if d.way.requirement == requirement), None)
    if drop is None:
        return unproven("the worker, started anew, was not ready in time to try this")
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
        return unproven(NEVER_BACK)
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
        return unproven("it opened no connection that it spoke on: see CON-001")
    if early and early[0].connection == firsts[0]:
        return broken(
            expected="no `reattach` on a first connection",
            seen="one",
            events=(early[0],),
            remedy="Send reattach only after a workerregistered was received.",
        )
    return kept("its first connection began without `reattach`")


@check("REC-008", *SERIES)
def registers_everything_again(*records: Record[Series]) -> Finding:
    """A new connection starts with nothing: the engine forgot what the old one registered."""
    returned = drops(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record, drop in returned:
        before, after = _sets(record, drop)
        lost = before - after
        if lost:
            return broken(
                expected=f"all {sum(before.values())} registrations on the new connection, "
                f"after {drop.way.how}",
                seen=f"{sum(lost.values())} missing, the first: {' '.join(next(iter(lost)))}",
                events=_after(record, drop)[:6],
                remedy="Keep every live registration and send all of them on each connect.",
            )
    if not any(_sets(record, drop)[0] for record, drop in returned):
        return not_applicable("it registers nothing")
    return kept(f"the whole set came again in {len(returned)} reconnects")


@check("REC-009", *SERIES)
def registers_nothing_twice(*records: Record[Series]) -> Finding:
    """What is sent twice was queued and replayed; with triggers that fires twice."""
    returned = drops(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record, drop in returned:
        before, after = _sets(record, drop, repeats=True)
        doubled = {
            identity: count
            for identity, count in after.items()
            if count > max(before[identity], 1) or (count > 1 and _same_id(record, drop, identity))
        }
        if doubled:
            return broken(
                expected="each registration once on the new connection",
                seen=f"{' '.join(next(iter(doubled)))} came {next(iter(doubled.values()))} times "
                f"after {drop.way.how}",
                events=_after(record, drop)[:6],
                remedy="Replay registrations from one list, and empty the queue of those in it.",
            )
    return kept(f"nothing came twice in {len(returned)} reconnects")


def _same_id(record: Record[Series], drop: Drop, identity: Identity) -> bool:
    """Whether one registration, not two alike, came several times."""
    ids = [
        (r.message.connection, json.dumps(r.id))
        for r in record.talk.registrations
        if r.message.connection in drop.after and r.identity == identity
    ]
    return len(set(ids)) < len(ids) and (identity[0], ids[0][1]) not in record.talk.unregistered


@check("REC-010", third_series, first_series, second_series)
def waits_between_tries(*records: Record[Series]) -> Finding:
    """Workers that all retry at once keep an engine from coming back."""
    told: list[float] = []
    for record in records:
        for drop in record.result:
            gaps = _gaps(record, drop)
            told += gaps
            if gaps and min(gaps) < HOT:
                return broken(
                    expected=f"at least {HOT} s between two tries, growing",
                    seen=f"{min(gaps):.2f} s after {drop.way.how}",
                    events=_after(record, drop)[:6],
                    remedy="Wait 1 s before the first retry and double it up to 30 s, with some "
                    "chance.",
                )
    if not told:
        return unproven("it did not try again")
    return kept("gaps of " + ", ".join(f"{gap:.2f} s" for gap in told[:5]))


def _gaps(record: Record[Series], drop: Drop) -> list[float]:
    """Seconds between a loss and the first try to reconnect, and between further tries.

    A process that held several connections on a path retries each of them: then every so many
    tries make one round. What follows the first success are no tries any more.
    """
    talk, at = record.talk, drop.at
    paths = {talk.requests[number].request.path for number in drop.before}
    requests = [r for r in talk.requests.values() if r.request.path in paths and r.at <= drop.until]
    ended = {n for n, end in talk.ends.items() if end.at < at}
    open_before = [r for r in requests if r.at < at and r.connection not in ended]
    success = min((e.at for e in talk.upgrades.values() if e.at > at), default=math.inf)
    lost = len(open_before)
    tries = [at] * lost + [r.at for r in requests if at < r.at <= success]
    return [later - earlier for earlier, later in zip(tries, tries[lost:], strict=False)]


@check("REC-021", first_series, second_series)
def begins_anew_after_success(*records: Record[Series]) -> Finding:
    """A delay that never shrinks again keeps a worker away for half a minute in the end."""
    judged: list[tuple[Record[Series], list[float]]] = []
    for record in records:
        delays = [
            _first_try(record, drop) - drop.at
            for drop in record.result
            if drop.back and drop.way.plain
        ]
        if len(delays) >= 3 and len(delays) == len(record.result):
            judged.append((record, delays))
    if not judged:
        return unproven("it did not come back three times in a row")
    told = "; ".join(", ".join(f"{delay:.1f} s" for delay in delays) for _, delays in judged)
    # A busy machine may lengthen a delay here or there; a delay that grows does so in each series.
    if not all(_grew(delays) for _, delays in judged):
        return kept(f"first delays of {told}")
    record, _ = judged[0]
    return broken(
        expected="a first delay after each success as short as the one before",
        seen=f"first delays of {told}",
        events=_after(record, record.result[-1])[:4],
        remedy="Set the delay back once a connection is set up.",
    )


def _grew(delays: list[float]) -> bool:
    """Whether delays grow step by step; one that is long alone is that of a busy machine."""
    first, second, *_, last = delays
    return last > RESET_FLOOR and last > RESET_RATIO * first and second > STEP_RATIO * first


def _first_try(record: Record[Series], drop: Drop) -> float:
    numbers = [n for n in drop.after if n in record.talk.requests]
    return min(record.talk.requests[number].at for number in numbers)


@check("REC-011", *SERIES)
def announces_itself_again(*records: Record[Series]) -> Finding:
    """The engine knows a worker by the announcement on its connection."""
    returned = drops(records)
    if not returned:
        return unproven(NEVER_BACK)
    for record, drop in returned:
        first = record.result[0].before
        if not any(record.talk.announcements(n) for n in first):
            return unproven("it did not announce itself at first either: see ANN-001")
        for number in drop.after:
            if not record.talk.announcements(number):
                return broken(
                    expected="a call of engine::workers::register on the new connection",
                    seen=f"none after {drop.way.how}",
                    events=_after(record, drop)[:6],
                    remedy="Announce on every connection, not only on the first.",
                )
    return kept(f"announced again in {len(returned)} reconnects")


@check("REC-015", *SERIES)
def keeps_its_trigger_ids(*records: Record[Series]) -> Finding:
    """Whoever holds the id of a trigger can unregister it after a reconnect, too."""
    compared = 0
    for record, drop in drops(records):
        old = _trigger_ids(record, drop.before)
        new = _trigger_ids(record, drop.after)
        for identity, ids in old.items():
            if identity in new and not ids & new[identity]:
                return broken(
                    expected=f"the trigger {identity[1]} with the id it had, {min(ids)!r}",
                    seen=f"the id {min(new[identity])!r}",
                    events=_after(record, drop)[:6],
                    remedy="Draw the id of a trigger once, when it is registered.",
                )
            compared += identity in new
    if not compared:
        return not_applicable("it registers no trigger, or never came back")
    return kept(f"{compared} triggers came back under their ids")


def _trigger_ids(record: Record[Series], connections: Iterable[int]) -> dict[Identity, set[str]]:
    chosen = set(connections)
    found: dict[Identity, set[str]] = {}
    for registration in record.talk.registrations:
        if registration.kind == "registertrigger" and registration.message.connection in chosen:
            found.setdefault(registration.identity, set()).add(str(registration.id))
    return found


@check("REC-024", *SERIES)
def leaves_out_what_it_took_back(*records: Record[Series]) -> Finding:
    """What is taken back and comes again serves calls and fires triggers that nobody wants."""
    taken = 0
    for record, drop in drops(records):
        earlier = [n for n in record.talk.workers if record.talk.first_message(n).at < drop.at]
        gone = record.talk.taken_back(earlier)
        taken += len(gone)
        again = [
            r
            for r in record.talk.registrations
            if r.message.connection in drop.after
            and (r.kind, json.dumps(r.id)) in gone
            and record.talk.holds(r)
        ]
        if again:
            return broken(
                expected=f"no {again[0].kind} {again[0].id!r}, which was unregistered before",
                seen=f"it came again after {drop.way.how}",
                events=(again[0].message,),
                remedy="Take what is unregistered out of the list that is replayed.",
            )
    if not taken:
        return unproven("it unregistered nothing before a loss of its connection")
    return kept("what it had unregistered did not come again")


@check("REC-026", *SERIES)
def replays_in_order(*records: Record[Series]) -> Finding:
    """A trigger that comes before its function or type refers to what is not there yet."""
    judged = 0
    for record, drop in drops(records):
        for number in drop.after:
            sent = [r for r in record.talk.registrations if r.message.connection == number]
            place = {(r.kind, r.id): i for i, r in reversed(list(enumerate(sent)))}
            for i, trigger in enumerate(sent):
                if trigger.kind != "registertrigger":
                    continue
                judged += 1
                body = trigger.message.json
                needs = (
                    ("registertriggertype", body.get("trigger_type")),
                    ("registerfunction", body.get("function_id")),
                )
                for need in needs:
                    if isinstance(need[1], str) and place.get(need, -1) > i:
                        return broken(
                            expected=f"{need[0]} {need[1]!r} before the trigger that refers to it",
                            seen="it came later",
                            events=(trigger.message, sent[place[need]].message),
                            remedy="Replay trigger types first, then functions, then triggers.",
                        )
    if not judged:
        return not_applicable("it registers no trigger, or never came back")
    return kept(f"{judged} triggers came after what they refer to")


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
    before = set(stage.workers)
    for connection in stage.websockets():
        connection.cut()
    await stage.until(
        lambda: set(stage.workers) - before or not stage.process.running, stage.pace.reconnect
    )
    back = bool(set(stage.workers) - before)
    await stage.until(lambda: bool(stage.replies(slow)), 2.5 + stage.pace.stray)
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
        return unproven("this takes a function that plays the role conformance::sleep")
    if not played[0].back:
        return unproven(NEVER_BACK)
    if any(r.talk.answers(i.id) for r, i in asked if i is played[0].invocation):
        return unproven("the invocation was answered before its connection could be cut")
    return kept("no answer to a call of an old connection came on a new one")


def _interrupted(record: Record[Straddle] | Record[Series]) -> list[Invocation]:
    """The invocations that were under way when their connection was lost."""
    if isinstance(record.result, Straddle):
        return [record.result.invocation]
    return [drop.last_call for drop in record.result if drop.last_call is not None]


def _sets(
    record: Record[Series], drop: Drop, *, repeats: bool = False
) -> tuple[Counter[Identity], Counter[Identity]]:
    """What was registered before the drop, and what after it."""
    before = record.talk.declared(drop.before, repeats=repeats)
    return before, record.talk.declared(drop.after, repeats=repeats)


def _after(record: Record[Series], drop: Drop) -> tuple[Message, ...]:
    return tuple(m for m in record.talk.messages() if m.connection in drop.after)
