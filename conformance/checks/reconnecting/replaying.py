"""A worker that is back registers what it had registered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from conformance.checks.stimuli.living import looking_back
from conformance.checks.stimuli.losing import (
    LOSSES,
    NEVER_BACK,
    SERIES,
    Drop,
    Series,
    drops,
    messages_after,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.conversation import Identity, Registration
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json

CARRIED = ("description", "request_format", "response_format", "metadata", "invocation", "config")
"""Members of registrations that others rely on."""


def _poorer(record: Record[Series], drop: Drop) -> tuple[Registration, Registration, str] | None:
    """A registration, the same after the drop, and a member that it had before alone."""
    before: dict[Identity, Registration] = {}
    for registration in record.talk.registrations:
        number = registration.message.connection
        if number in drop.before:
            before[registration.identity] = registration
        first = before.get(registration.identity) if number in drop.after else None
        if first is None:
            continue
        for name in CARRIED:
            if first.message.json.get(name) and registration.message.json.get(name) is None:
                return first, registration, name
    return None


@check("REC-008", looking_back, *SERIES)
def registers_everything_again(*records: Record[Any]) -> Finding:
    """The engine forgets what the old connection registered, so a new one starts empty.

    Registrations that the worker was seen to remove by itself may be missing.
    """
    returned = drops(tuple(record for record in records if record.trial in LOSSES))
    if not returned:
        return inconclusive(NEVER_BACK)
    brief = sum((record.talk.withdrawn() for record in records), Counter[Identity]())
    for record, drop in returned:
        before, _ = _sets(record, drop)
        lost = before - record.talk.registered(drop.after) - brief
        if lost:
            return broken(
                expected=f"all {sum(before.values())} registrations on the new connection, "
                f"after {drop.way.how}",
                seen=f"{sum(lost.values())} missing, the first: {' '.join(next(iter(lost)))}",
                events=messages_after(record, drop)[:6],
                remedy="Keep every live registration and send all of them on each connect.",
            )
        poorer = _poorer(record, drop)
        if poorer is not None:
            first, again, name = poorer
            return broken(
                expected=f"{first.kind} {as_json(first.id)} with its {name} on the new connection, "
                f"after {drop.way.how}",
                seen=f"no {name}",
                events=(first.message, again.message),
                remedy="Keep the whole message of a registration, and send that on each connect.",
            )
    if not any(_sets(record, drop)[0] for record, drop in returned):
        return not_applicable("it registers nothing")
    return kept(f"the whole set came again in {len(returned)} reconnects")


@check("REC-009", *SERIES)
def registers_nothing_twice(*records: Record[Series]) -> Finding:
    """A registration that is both queued and replayed comes twice, and a trigger fires twice."""
    returned = drops(records)
    if not returned:
        return inconclusive(NEVER_BACK)
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
                events=messages_after(record, drop)[:6],
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


@check("REC-011", *SERIES)
def announces_itself_again(*records: Record[Series]) -> Finding:
    """The engine identifies a worker by the announcement on its connection."""
    returned = drops(records)
    if not returned:
        return inconclusive(NEVER_BACK)
    for record, drop in returned:
        first = record.result[0].before
        if not any(record.talk.announcements(n) for n in first):
            return inconclusive("it did not announce itself at first either: see ANN-001")
        for number in drop.after:
            if not record.talk.announcements(number):
                return broken(
                    expected="a call of engine::workers::register on the new connection",
                    seen=f"none after {drop.way.how}",
                    events=messages_after(record, drop)[:6],
                    remedy="Announce on every connection, not only on the first.",
                )
    return kept(f"announced again in {len(returned)} reconnects")


@check("REC-015", *SERIES)
def keeps_its_trigger_ids(*records: Record[Series]) -> Finding:
    """Code that holds the id of a trigger must still be able to unregister it afterwards."""
    compared = 0
    for record, drop in drops(records):
        old = _trigger_ids(record, drop.before)
        new = _trigger_ids(record, drop.after)
        for identity, ids in old.items():
            if identity in new and not ids & new[identity]:
                return broken(
                    expected=f"the trigger {identity[1]} with the id it had, {as_json(min(ids))}",
                    seen=f"the id {as_json(min(new[identity]))}",
                    events=messages_after(record, drop)[:6],
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
    """An unregistered function or trigger that comes back runs although nobody wants it."""
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
                expected=f"no {again[0].kind} {as_json(again[0].id)}, which was taken back before",
                seen=f"it came again after {drop.way.how}",
                events=(again[0].message,),
                remedy="Take what is unregistered out of the list that is replayed.",
            )
    if not taken:
        return inconclusive("it unregistered nothing before a loss of its connection")
    return kept("what it had unregistered did not come again")


@check("REC-026", *SERIES)
def replays_in_order(*records: Record[Series]) -> Finding:
    """A trigger that comes first refers to a function or type that does not exist yet."""
    judged = 0
    for record, drop in drops(records):
        for number in drop.after:
            sent = [r for r in record.talk.registrations if r.message.connection == number]
            place = {(r.kind, json.dumps(r.id)): i for i, r in reversed(list(enumerate(sent)))}
            for i, trigger in enumerate(sent):
                if trigger.kind != "registertrigger":
                    continue
                judged += 1
                body = trigger.message.json
                needs = (
                    ("registertriggertype", json.dumps(body.get("trigger_type"))),
                    ("registerfunction", json.dumps(body.get("function_id"))),
                )
                for need in needs:
                    if place.get(need, -1) > i:
                        return broken(
                            expected=f"{need[0]} {need[1]} before the trigger that refers to it",
                            seen="it came later",
                            events=(trigger.message, sent[place[need]].message),
                            remedy="Replay trigger types first, then functions, then triggers.",
                        )
    if not judged:
        return not_applicable("it registers no trigger, or never came back")
    return kept(f"{judged} triggers came after what they refer to")


def _sets(
    record: Record[Series], drop: Drop, *, repeats: bool = False
) -> tuple[Counter[Identity], Counter[Identity]]:
    """What was registered before the drop, and what after it."""
    before = record.talk.declared(drop.before, repeats=repeats)
    return before, record.talk.declared(drop.after, repeats=repeats)
