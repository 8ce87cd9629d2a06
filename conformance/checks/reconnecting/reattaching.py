"""A worker that is back says which worker it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.losing import NEVER_BACK, SERIES, Series, drops
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, Message


@check("REC-006", *SERIES)
def reattaches_first(*records: Record[Series]) -> Finding:
    """The engine lets only the owner of the old connection clear what that one left behind."""
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
            seen=f"a message of type {as_json(first.type)}",
            events=(first,),
            remedy="Send reattach with previous_worker_id and reattach_token of the last "
            "workerregistered, before anything else.",
        )
    pair = (first.json.get("previous_worker_id"), first.json.get("reattach_token"))
    if pair in known:
        return None
    return broken(
        expected=f"the id and token of the last connection, {known[-1]}",
        seen=as_json(pair),
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


@always(
    "REC-007",
    "first connections",
    inconclusive("it opened no connection that it spoke on: see CON-001"),
)
def does_not_reattach_at_first(record: Record[object]) -> Iterator[Finding | None]:
    """A process has nothing to reattach to on its first connection.

    If a run has several processes, only the first is looked at: what one process had begun to send
    may still be read when the next one is already there.
    """
    for number in record.talk.workers[:1]:
        first = record.talk.first_message(number)
        yield (
            None
            if first.type != "reattach"
            else broken(
                expected="no `reattach` on a first connection",
                seen="a first connection that began with `reattach`",
                events=(first,),
                remedy="Send reattach only after a workerregistered was received.",
            )
        )
