"""What the calls of a worker look like."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from conformance.checks.stimuli.calling import (
    BAGGAGE,
    NOTHING,
    TRACE,
    Errand,
    ask,
    calls_nobody,
    calls_of,
    calls_offline,
    outgoing,
    send,
)
from conformance.checks.stimuli.living import looking_back
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Message

METADATA = {"tenant": "blue"}


DATA = "Write data into every call, null where there is none."

VOID = "conformance::nobody-waits"


@check("CAL-002", calls_nobody)
def calls_under_fresh_uuids(record: Record[Errand]) -> Finding:
    """The engine drops a call whose id is no UUID, or which has no data."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    for call in calls:
        try:
            uuid.UUID(str(call.json.get("invocation_id")))
        except ValueError:
            return broken(
                expected="a UUID as invocation_id of a call that waits for its answer",
                seen=repr(call.json.get("invocation_id")),
                events=(call,),
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


@check("CAL-003", calls_nobody)
def carries_the_trace_on(record: Record[Errand]) -> Finding:
    """A trace that breaks at a worker hides what it causes."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    seen = calls[0].json.get("traceparent")
    if isinstance(seen, str) and seen.split("-")[1:2] == TRACE.split("-")[1:2]:
        return kept("the nested call is in the trace of its cause", calls[0])
    return broken(
        expected=f"a traceparent of the trace {TRACE.split('-')[1]}",
        seen=repr(seen),
        events=(calls[0],),
        remedy="Take the trace context from the invocation and set it on calls of its handler.",
    )


@check("CAL-007", calls_nobody)
def carries_the_baggage_on(record: Record[Errand]) -> Finding:
    """What a caller put into the baggage is for all that follows from its call."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    seen = calls[0].json.get("baggage")
    if isinstance(seen, str) and BAGGAGE in seen:
        return kept("the baggage is with the nested call", calls[0])
    return broken(
        expected=f"a baggage with {BAGGAGE!r}",
        seen=repr(seen),
        events=(calls[0],),
        remedy="Take the baggage from the invocation and set it on calls of its handler.",
    )


def own_calls(records: Iterable[Record[Any]]) -> list[Message]:
    """Every call that the worker made, the announcement among them."""
    return [
        message
        for record in records
        for message in record.talk.messages()
        if message.type == "invokefunction"
    ]


def _action(call: Message) -> object:
    action = call.json.get("action")
    return action.get("type") if isinstance(action, dict) else None


@trial(Worker.SHARED)
async def calls_through_a_queue(harness: Harness) -> Errand:
    """Let the worker call a function through a queue."""
    action = {"type": "enqueue", "queue": "conformance"}
    return await ask(harness, {"function_id": "conformance::queued", "data": {}, "action": action})


@check("CAL-009", looking_back, calls_through_a_queue)
def numbers_calls_through_a_queue(*records: Record[Any]) -> Finding:
    """The engine answers with a receipt, which a call without an id cannot get."""
    calls = [call for call in own_calls(records) if _action(call) == "enqueue"]
    if not calls:
        return inconclusive("it made no call through a queue")
    bare = [call for call in calls if not call.json.get("invocation_id")]
    if not bare:
        return kept(f"{len(calls)} calls through a queue, each with an id", calls[0])
    return broken(
        expected="an invocation_id in a call through a queue",
        seen="none",
        events=(bare[0],),
        remedy="Leave the id out of void calls alone.",
    )


@trial(Worker.SHARED)
async def calls_with_metadata(harness: Harness) -> Errand:
    """Let the worker call a function with metadata."""
    return await ask(
        harness, {"function_id": "conformance::with-metadata", "data": {}, "metadata": METADATA}
    )


@check("CAL-013", calls_with_metadata)
def sends_metadata(record: Record[Errand]) -> Finding:
    """The engine hands it to the function beside the data."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    if calls[0].json.get("metadata") == METADATA:
        return kept("the metadata is beside the data", calls[0])
    return broken(
        expected=f"the metadata {METADATA!r} in the call",
        seen=repr(calls[0].json.get("metadata")),
        events=(calls[0],),
        remedy="Send what the caller gives as metadata in the field `metadata`.",
    )


@trial(Worker.SHARED)
async def calls_without_waiting(harness: Harness) -> Errand:
    """Let the worker call a function without waiting for it."""
    return await send(harness, {"function_id": VOID, "data": {}, "action": "void"})


@check("CAL-004", looking_back, calls_without_waiting)
def leaves_the_id_out_of_void_calls(*records: Record[Any]) -> Finding:
    """With an id the engine would answer, and nobody waits."""
    calls = [call for call in own_calls(records) if _action(call) == "void"]
    if not calls:
        return inconclusive("it made no call that nobody waits for")
    numbered = [call for call in calls if call.json.get("invocation_id") is not None]
    if not numbered:
        return kept(f"{len(calls)} calls that nobody waits for, none with an id", calls[0])
    return broken(
        expected="no invocation_id in a call that nobody waits for",
        seen=repr(numbered[0].json["invocation_id"]),
        events=(numbered[0],),
        remedy="Send the action void without an invocation_id.",
    )


@check("CAL-008", looking_back, calls_offline)
def always_gives_data(*records: Record[Any]) -> Finding:
    """The engine drops a call without the field, and the caller waits until it gives up."""
    calls = own_calls(records)
    lacking = [call for call in calls if "data" not in call.json]
    if lacking:
        return broken(
            expected='"data" in each call, null where its caller gave none',
            seen=f"no field `data` in a call of {lacking[0].json.get('function_id')}",
            events=(lacking[0],),
            remedy=DATA,
        )
    bare = [call for record in records for call in calls_of(record.talk, NOTHING)]
    if bare:
        return kept(f"data {bare[0].json['data']!r} where the caller gave none", bare[0])
    if [call for call in calls if call.json.get("function_id") != ANNOUNCE]:
        return kept(f"{len(calls)} calls of its own, each with data", calls[-1])
    return inconclusive("it made no call of its own")
