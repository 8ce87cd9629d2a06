"""Calling: the worker as a caller of other functions, through its function ``call``."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Direction, Message

METADATA = {"tenant": "blue"}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
BAGGAGE = "team=blue"
VOID = "conformance::nobody-waits"


@dataclass(frozen=True, slots=True)
class Errand:
    """An invocation of ``call``, and the function that it was asked to call."""

    invocation: Invocation
    function_id: str


async def send(harness: Harness, asked: dict[str, Any], **fields: Any) -> Errand:
    """Let the worker call, and wait for its answer."""
    invocation = harness.invoker.invoke(harness.invoker.role("call"), asked, **fields)
    await harness.invoker.reply(invocation, harness.pace.handler)
    return Errand(invocation, asked["function_id"])


def outgoing(record: Record[Errand]) -> list[Message]:
    """The calls that the worker made on its errand."""
    return [
        message
        for message in record.talk.messages()
        if message.type == "invokefunction"
        and message.json.get("function_id") == record.result.function_id
    ]


def _result(record: Record[Errand]) -> Any:
    answers = record.talk.answers(record.result.invocation.id)
    return answers[0].json.get("result") if answers else None


@trial(Worker.SHARED)
async def calls_nobody(harness: Harness) -> Errand:
    """Let the worker call a function that nobody has, twice, in a trace."""
    asked = {"function_id": f"{ABSENT}-either", "data": {"x": 1}}
    await send(harness, asked, traceparent=TRACE, baggage=BAGGAGE)
    return await send(harness, asked, traceparent=TRACE, baggage=BAGGAGE)


@check("CAL-001", calls_nobody)
def tells_the_callers_of_errors(record: Record[Errand]) -> Finding:
    """A caller decides by the code that the engine or the owner gave."""
    result = _result(record)
    error = result.get("error") if isinstance(result, dict) else None
    told = _engines_error(record)
    if (
        isinstance(error, dict)
        and error.get("code") == told.get("code")
        and str(told.get("message")) in str(error.get("message"))
    ):
        return kept("the engine's code and message reached the caller")
    if not told:
        return inconclusive("it did not call the function it was asked to call")
    return broken(
        expected=f"the code {told.get('code')!r} and the message {told.get('message')!r} in the "
        "hands of the caller",
        seen=repr(result),
        events=tuple(outgoing(record)[:1]),
        remedy="Raise the error of an invocationresult with its code and message unchanged.",
    )


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


def _engines_error(record: Record[Errand]) -> dict[str, Any]:
    """What the engine answered to the worker's call."""
    ids = {str(call.json.get("invocation_id")) for call in outgoing(record)}
    for message in record.talk.messages(direction=Direction.FROM_ENGINE):
        if message.type == "invocationresult" and message.json.get("invocation_id") in ids:
            error = message.json.get("error")
            return error if isinstance(error, dict) else {}
    return {}


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


async def ask(harness: Harness, asked: dict[str, Any]) -> Errand:
    """Let the worker call, and wait until it has; what it answers does not matter.

    One that cannot call so answers at once; a call that nobody waits for may come after the answer.
    """
    invocation = harness.invoker.invoke(harness.invoker.role("call"), {"timeout_ms": 2000, **asked})
    errand = Errand(invocation, asked["function_id"])

    def called() -> bool:
        return any(
            m.type == "invokefunction" and m.json.get("function_id") == errand.function_id
            for m in harness.talk.messages()
        )

    await harness.until(lambda: called() or harness.invoker.replies(invocation), harness.pace.reply)
    await harness.until(called, harness.pace.stray)
    return errand


@trial(Worker.SHARED)
async def calls_through_a_queue(harness: Harness) -> Errand:
    """Let the worker call a function through a queue."""
    action = {"type": "enqueue", "queue": "conformance"}
    return await ask(harness, {"function_id": "conformance::queued", "data": {}, "action": action})


@check("CAL-009", calls_through_a_queue)
def numbers_calls_through_a_queue(record: Record[Errand]) -> Finding:
    """The engine answers with a receipt, which a call without an id cannot get."""
    calls = [c for c in outgoing(record) if isinstance(c.json.get("action"), dict)]
    if not calls:
        return inconclusive("it made no call with the action that it was asked for")
    if calls[0].json.get("invocation_id"):
        return kept("the call has an id", calls[0])
    return broken(
        expected="an invocation_id in a call through a queue",
        seen="none",
        events=(calls[0],),
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


@check("CAL-004", calls_without_waiting)
def leaves_the_id_out_of_void_calls(record: Record[Errand]) -> Finding:
    """With an id the engine would answer, and nobody waits."""
    calls = outgoing(record)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    if calls[0].json.get("invocation_id") is None:
        return kept("the call has no id", calls[0])
    return broken(
        expected="no invocation_id in a call that nobody waits for",
        seen=repr(calls[0].json["invocation_id"]),
        events=(calls[0],),
        remedy="Send the action void without an invocation_id.",
    )
