"""What the calls of a worker look like."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.calling import (
    BAGGAGE,
    TRACE,
    Errand,
    ask,
    calls_nobody,
    calls_of,
    outgoing,
    send,
)
from conformance.checks.stimuli.offline import NOTHING, Offline, calls_offline
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Message

NOTHING_SEEN = inconclusive("it made no such call")

METADATA = {"tenant": "blue"}


VOID = "conformance::nobody-waits"


@check("CAL-002", calls_nobody)
def calls_under_fresh_uuids(record: Record[Errand]) -> Finding:
    """The engine drops a call if its id is not a UUID, or if it has no data."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    strange = [call for call in calls if not _is_uuid(call.json.get("invocation_id"))]
    if strange:
        return broken(
            expected="a UUID as invocation_id of a call that waits for its answer",
            seen=as_json(strange[0].json.get("invocation_id")),
            events=(strange[0],),
            remedy="Draw a fresh UUID for each call.",
        )
    ids = [str(call.json.get("invocation_id")) for call in calls]
    if len(set(ids)) < len(ids):
        return broken(
            expected="an id of its own for each call",
            seen=f"{ids[0]} twice",
            events=tuple(calls[:2]),
            remedy="Draw a fresh UUID for each call.",
        )
    return kept(f"{len(calls)} calls under UUIDs", calls[0])


def _without(record: Record[Errand], field: str, text: str) -> Message | None:
    """A call of an errand of which no call contains ``text`` in a field, if there is one.

    Meanwhile the worker may make other calls for its own reasons.
    """
    for errand in record.result.all:
        calls = errand.calls(record.talk)
        if calls and not any(text in str(call.json.get(field)) for call in calls):
            return calls[0]
    return None


@check("CAL-003", calls_nobody)
def carries_the_trace_on(record: Record[Errand]) -> Finding:
    """A trace that ends at a worker does not show what the worker caused."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    lost = _without(record, "traceparent", TRACE.split("-")[1])
    if lost is None:
        return kept("each nested call is in the trace of its cause", calls[0])
    return broken(
        expected=f"a traceparent of the trace {TRACE.split('-')[1]}",
        seen=as_json(lost.json.get("traceparent")),
        events=(lost,),
        remedy="Take the trace context from the invocation and set it on calls of its handler.",
    )


@check("CAL-007", calls_nobody)
def carries_the_baggage_on(record: Record[Errand]) -> Finding:
    """The baggage that a caller sets applies to every call that follows from its own."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    each = (_without(record, "baggage", member) for member in BAGGAGE.split(","))
    lost = next((call for call in each if call is not None), None)
    if lost is None:
        return kept("the baggage is with each nested call", calls[0])
    return broken(
        expected=f"a baggage with {as_json(BAGGAGE)}",
        seen=as_json(lost.json.get("baggage")),
        events=(lost,),
        remedy="Take the baggage from the invocation and set it on calls of its handler.",
    )


@trial(Worker.SHARED)
async def calls_through_a_queue(harness: Harness) -> Errand:
    """Make the worker call a function through a queue."""
    action = {"type": "enqueue", "queue": "conformance"}
    return await ask(harness, {"function_id": "conformance::queued", "data": {}, "action": action})


@check("CAL-009", calls_through_a_queue)
def numbers_calls_through_a_queue(record: Record[Errand]) -> Finding:
    """The engine answers such a call with a receipt, which it cannot send without an id."""
    calls = [c for c in outgoing(record) if isinstance(c.json.get("action"), dict)]
    if not calls:
        return inconclusive("it made no call with the action that it was asked for")
    if calls[0].json.get("invocation_id"):
        return kept("the call has an id", calls[0])
    return broken(
        expected="an invocation_id in a call through a queue",
        seen="a call without an invocation_id",
        events=(calls[0],),
        remedy="Leave the id out of void calls alone.",
    )


@trial(Worker.SHARED)
async def calls_with_metadata(harness: Harness) -> Errand:
    """Make the worker call a function with metadata."""
    return await ask(
        harness, {"function_id": "conformance::with-metadata", "data": {}, "metadata": METADATA}
    )


@check("CAL-013", calls_with_metadata)
def sends_metadata(record: Record[Errand]) -> Finding:
    """The engine passes the metadata to the function separately from the data."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    if calls[0].json.get("metadata") == METADATA:
        return kept("the metadata is beside the data", calls[0])
    return broken(
        expected=f"the metadata {as_json(METADATA)} in the call",
        seen=as_json(calls[0].json.get("metadata")),
        events=(calls[0],),
        remedy="Send what the caller gives as metadata in the field `metadata`.",
    )


@trial(Worker.SHARED)
async def calls_without_waiting(harness: Harness) -> Errand:
    """Make the worker call a function without waiting for it."""
    return await send(harness, {"function_id": VOID, "data": {}, "action": "void"})


@check("CAL-004", calls_without_waiting)
def leaves_the_id_out_of_void_calls(record: Record[Errand]) -> Finding:
    """If the call had an id, the engine would send an answer that nobody waits for."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    if calls[0].json.get("invocation_id") is None:
        return kept("the call has no id", calls[0])
    return broken(
        expected="no invocation_id in a call that nobody waits for",
        seen=as_json(calls[0].json["invocation_id"]),
        events=(calls[0],),
        remedy="Send the action void without an invocation_id.",
    )


@check("CAL-008", calls_offline)
def always_gives_data(record: Record[Offline]) -> Finding:
    """The engine drops a call without a data field, and the caller waits until it gives up."""
    calls = calls_of(record.talk, NOTHING)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    if "data" in calls[0].json:
        return kept(f"data {as_json(calls[0].json['data'])} where the caller gave none", calls[0])
    return broken(
        expected='"data": null in a call whose caller gave none',
        seen="no field `data`",
        events=(calls[0],),
        remedy="Write data into every call, null where there is none.",
    )


@always("CAL-002", "calls after a first one", NOTHING_SEEN)
def draws_an_id_for_each_call(record: Record[object]) -> Iterator[Finding | None]:
    """If two calls have the same id, the answer to one may be taken for that to the other."""
    known: dict[tuple[int, str], Message] = {}
    for call in _calls(record):
        invocation_id = call.json.get("invocation_id")
        if invocation_id is None:
            continue
        if not _is_uuid(invocation_id):
            yield broken(
                expected="a UUID as invocation_id of a call that waits for its answer",
                seen=f"{as_json(invocation_id)} in a call of {call.json.get('function_id')}",
                events=(call,),
                remedy="Draw a fresh UUID for each call.",
            )
        key = call.connection, str(invocation_id).lower()
        if known.setdefault(key, call) is not call:
            yield broken(
                expected="an id of its own for each call",
                seen="one id twice on a connection",
                events=(known[key], call),
                remedy="Draw a fresh UUID for each call.",
            )
        elif len(known) > 1:
            yield None


@always("CAL-004", "calls that nobody waits for", NOTHING_SEEN)
def numbers_no_void_call(record: Record[object]) -> Iterator[Finding | str]:
    """An announcement is also a call that nobody waits for."""
    for call in _calls(record):
        if _action(call) == "void":
            yield (
                str(call.json.get("function_id"))
                if not call.json.get("invocation_id")
                else broken(
                    expected="no invocation_id in a call that nobody waits for",
                    seen=f"one in a call of {call.json.get('function_id')} with the action void",
                    events=(call,),
                    remedy="Send the action void without an invocation_id.",
                )
            )


@always("CAL-009", "calls through a queue", NOTHING_SEEN)
def numbers_each_call_through_a_queue(record: Record[object]) -> Iterator[Finding | str]:
    """The engine drops a queued call without an id, or cannot deliver its receipt."""
    for call in _calls(record):
        if _action(call) == "enqueue":
            yield (
                str(call.json.get("function_id"))
                if call.json.get("invocation_id")
                else broken(
                    expected="an invocation_id in a call through a queue",
                    seen=f"none in a call of {call.json.get('function_id')}",
                    events=(call,),
                    remedy="Leave the id out of void calls alone.",
                )
            )


@always("CAL-008", "calls", NOTHING_SEEN)
def gives_data_in_each_call(record: Record[object]) -> Iterator[Finding | str]:
    """The engine drops a call without a data field, and the caller waits until it gives up."""
    for call in _calls(record):
        function_id = str(call.json.get("function_id"))
        if function_id != ANNOUNCE or "data" not in call.json:
            yield (
                function_id
                if "data" in call.json
                else broken(
                    expected='"data" in each call, null where its caller gave none',
                    seen=f"no field `data` in a call of {function_id}",
                    events=(call,),
                    remedy="Write data into every call, null where there is none.",
                )
            )


def _is_uuid(invocation_id: object) -> bool:
    try:
        uuid.UUID(str(invocation_id))
    except ValueError:
        return False
    return True


def _calls(record: Record[object]) -> Iterator[Message]:
    return (message for message in record.talk.messages() if message.type == "invokefunction")


def _action(call: Message) -> object:
    action = call.json.get("action")
    return str(action.get("type")).lower() if isinstance(action, dict) else None
