"""What becomes of data that a function was given to store."""

from __future__ import annotations

from typing import Any

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.names import is_plain
from conformance.checks.stimuli.stores import Stored, stored_and_recalled
from conformance.checks.stimuli.worlds import result
from conformance.documents.trees import at, places
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.gateway import READS, WRITES
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import Direction, Message

LISTS = ("state::list", "stream::list", "kv_server::list")
"""The engine's functions that give all values of a scope."""

LOOKS = (*READS, *LISTS)
NOTHING: tuple[Any, ...] = (None, [], {})

Pairs = Record[tuple[Stored, ...]]


@check("USE-009", stored_and_recalled)
def gives_back_what_it_stored(record: Pairs) -> Finding:
    """A store that reports success but keeps nothing loses data silently.

    Names only suggest that two functions belong together. Unless they can mean nothing else, a pair
    is held against a worker only if its reader asked the engine and the engine had nothing.
    """
    if not record.result:
        return not_applicable("no two of its functions are named as a store and its reader")
    judged = 0
    for pair in record.result:
        fine, _ = result(record.talk.answers(pair.first.id))
        answers = record.talk.answers(pair.second.id)
        if not fine:
            continue
        # A complaint may repeat what was looked for: "no parcel 7".
        found = result(answers)[0] and pair.marker.encode() in answers[0].data
        if found and not _is_told(record, pair):
            judged += 1
        elif _looks_elsewhere(record, pair):
            return _lost(record, pair, _scopes(record, pair))
        elif found or _passed_on(record, pair):
            judged += 1
        elif answers and (_keeps_nothing(record, pair) or is_plain(*_names(pair))):
            return _lost(record, pair, "")
    if not judged:
        return inconclusive("no function that stores something was seen to keep it, or to lose it")
    return kept(f"{judged} functions gave back, or passed on, what they were given to store")


def _names(pair: Stored) -> tuple[str, str]:
    return pair.first.function_id, pair.second.function_id


def _lost(record: Pairs, pair: Stored, scopes: str) -> Finding:
    store, recall = _names(pair)
    answer = described(record.talk.answers(pair.second.id)[0])
    return broken(
        expected=f"what {store} said it stored, from {recall} or in a call that keeps it "
        f"({', '.join(WRITES[:2])}, …)",
        seen=shorten(f"{scopes}{answer}", 220),
        events=(*about(record, pair.first), *about(record, pair.second), *_looks(record, pair)),
        remedy="Keep what the function was given before it answers that it did, where its reader "
        "looks for it.",
    )


# -- what was called ---------------------------------------------------------------------------


def _calls(record: Pairs, since: float, until: float | None = None) -> list[Message]:
    """The worker's calls in a time."""
    return [
        message
        for message in record.talk.recent(since)
        if message.type == "invokefunction" and (until is None or message.at <= until)
    ]


def _called(call: Message) -> str:
    return str(call.json.get("function_id"))


def _is_inner(record: Pairs, call: Message) -> bool:
    """Whether the worker called a function of its own, and waits: what that calls is seen, too."""
    return _called(call) in record.baseline.functions and not call.json.get("action")


def _is_told(record: Pairs, pair: Stored) -> bool:
    """Whether the reader was told what to find, so that it may give back just that."""
    asked = [m for m in about(record, pair.second) if m.direction is Direction.FROM_ENGINE]
    return any(pair.marker.encode() in message.data for message in asked)


def _passed_on(record: Pairs, pair: Stored) -> bool:
    """Whether what was stored was passed on, in a call that keeps it or to somebody else."""
    marker = pair.marker.encode()
    calls = (c for c in _calls(record, pair.first.at) if marker in c.data)
    return any(not _is_inner(record, call) and _called(call) not in LOOKS for call in calls)


def _looks(record: Pairs, pair: Stored) -> list[Message]:
    """Where the reader looked; empty if the engine had something there, or it is no reader."""
    learned = record.baseline.knowledge.functions.get(pair.second.function_id)
    answers = record.talk.answers(pair.second.id)
    if not answers or learned is None or not set(learned.calls) & set(LOOKS):
        return []
    calls = _calls(record, pair.second.at, answers[0].at)
    # Other functions may be invoked meanwhile. Not every worker passes a trace on.
    traced = [call for call in calls if pair.trace in str(call.json.get("traceparent"))]
    looks = [call for call in traced or calls if _called(call) in LOOKS]
    return looks if all(_had_nothing(record, call) for call in looks) else []


def _had_nothing(record: Pairs, call: Message) -> bool:
    """Whether the engine answered a call without a value."""
    return any(
        answer.json.get("result") in NOTHING and answer.json.get("error") is None
        for answer in record.talk.messages(call.connection, Direction.FROM_ENGINE)
        if answer.type == "invocationresult"
        and answer.json.get("invocation_id") == call.json.get("invocation_id")
    )


def _scope(call: Message) -> tuple[str, str]:
    """Where a call reads or writes: the kind of store, and the scope within it."""
    data = call.json.get("data")
    fields = data if isinstance(data, dict) else {}
    names = ("scope", "stream_name", "group_id")
    return _called(call).partition("::")[0], as_json([fields.get(name) for name in names])


def _writes(record: Pairs, pair: Stored) -> list[Message]:
    return [call for call in _calls(record, pair.first.at) if _called(call) in WRITES]


def _looks_elsewhere(record: Pairs, pair: Stored) -> bool:
    """Whether the reader looked for what was stored in a scope in which nothing was stored.

    Nobody else got it, and the engine is asked for a key that the store was given or gave, or for
    all that is in the scope.
    """
    marker, looks, writes = pair.marker.encode(), _looks(record, pair), _writes(record, pair)
    others = [c for c in _calls(record, pair.first.at) if marker in c.data and c not in writes]
    others = [call for call in others if _called(call) not in LOOKS]
    if not looks or not writes or any(not _is_inner(record, call) for call in others):
        return False
    written = {_scope(call) for call in writes}
    if any(_scope(look) in written for look in looks):
        return False
    known = _texts(record, pair)
    return any(_called(look) in LISTS or _key(look) in known for look in looks)


def _key(look: Message) -> str:
    data = look.json.get("data")
    fields = data if isinstance(data, dict) else {}
    return str(fields.get("key", fields.get("item_id")))


def _texts(record: Pairs, pair: Stored) -> set[str]:
    """The texts and numbers that the store was given, and gave."""
    bodies = [message.json for message in about(record, pair.first)]
    found = [body.get(name) for body in bodies for name in ("data", "result")]
    return {str(at(value, p)) for value in found for p in places(value) if _is_leaf(at(value, p))}


def _is_leaf(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _keeps_nothing(record: Pairs, pair: Stored) -> bool:
    """Whether the store never called anybody who may keep anything, and its reader found nothing.

    Other functions may be invoked meanwhile, so what it was seen to call alone counts, too.
    """
    learned = record.baseline.knowledge.functions.get(pair.first.function_id)
    stored = record.talk.answers(pair.first.id)[0]
    calls = _calls(record, pair.first.at, stored.at)
    seen = {_called(c) for c in calls if not _is_inner(record, c)}
    known = set(learned.calls) - set(record.baseline.functions) if learned is not None else seen
    return bool(_looks(record, pair)) and not (seen & known) - set(LOOKS)


def _scopes(record: Pairs, pair: Stored) -> str:
    """Where the store wrote and where the reader looked, as text."""
    marker = pair.marker.encode()
    writes = sorted(_writes(record, pair), key=lambda call: marker not in call.data)
    wrote, looked = (as_json(c.json.get("data")) for c in (writes[0], _looks(record, pair)[0]))
    return f"it wrote {shorten(wrote, 60)} and looked for {shorten(looked, 60)}: "
