"""Calling: the worker as a caller of other functions, through its function ``call``."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from conformance.stage import ABSENT, Invocation, Stage
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept, unproven
from mock_engine.transcript import Message

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
VOID = "conformance::nobody-waits"


@dataclass(frozen=True, slots=True)
class Errand:
    """An invocation of ``call``, and the function that it was asked to call."""

    invocation: Invocation
    function_id: str


async def _send(stage: Stage, asked: dict[str, Any], **fields: Any) -> Errand:
    invocation = stage.invoke(stage.role("call"), asked, **fields)
    await stage.reply(invocation, stage.pace.handler)
    return Errand(invocation, asked["function_id"])


def _outgoing(record: Record[Errand]) -> list[Message]:
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
async def calls_nobody(stage: Stage) -> Errand:
    """Let the worker call a function that nobody has, in a trace."""
    asked = {"function_id": f"{ABSENT}-either", "data": {"x": 1}}
    return await _send(stage, asked, traceparent=TRACE)


@check("CAL-001", calls_nobody)
def tells_the_callers_of_errors(record: Record[Errand]) -> Finding:
    """A caller decides by the code that the engine or the owner gave."""
    result = _result(record)
    error = result.get("error") if isinstance(result, dict) else None
    if isinstance(error, dict) and error.get("code") == "function_not_found":
        return kept("the engine's code reached the caller")
    return broken(
        expected="the error code function_not_found in the hands of the caller",
        seen=repr(result),
        events=tuple(_outgoing(record)[:1]),
        remedy="Raise the error of an invocationresult with its code and message unchanged.",
    )


@check("CAL-002", calls_nobody)
def calls_under_fresh_uuids(record: Record[Errand]) -> Finding:
    """The engine drops a call whose id is no UUID, or which has no data."""
    calls = _outgoing(record)
    if not calls:
        return unproven("it did not call the function it was asked to call")
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
    ids = [call.json["invocation_id"] for call in calls]
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
    calls = _outgoing(record)
    if not calls:
        return unproven("it did not call the function it was asked to call")
    seen = calls[0].json.get("traceparent")
    if isinstance(seen, str) and seen.split("-")[1:2] == TRACE.split("-")[1:2]:
        return kept("the nested call is in the trace of its cause", calls[0])
    return broken(
        expected=f"a traceparent of the trace {TRACE.split('-')[1]}",
        seen=repr(seen),
        events=(calls[0],),
        remedy="Take the trace context from the invocation and set it on calls of its handler.",
    )


@trial(Worker.SHARED)
async def calls_without_waiting(stage: Stage) -> Errand:
    """Let the worker call a function without waiting for it."""
    return await _send(stage, {"function_id": VOID, "data": {}, "action": "void"})


@check("CAL-004", calls_without_waiting)
def leaves_the_id_out_of_void_calls(record: Record[Errand]) -> Finding:
    """With an id the engine would answer, and nobody waits."""
    calls = _outgoing(record)
    if not calls:
        return unproven("it did not call the function it was asked to call")
    if calls[0].json.get("invocation_id") is None:
        return kept("the call has no id", calls[0])
    return broken(
        expected="no invocation_id in a call that nobody waits for",
        seen=repr(calls[0].json["invocation_id"]),
        events=(calls[0],),
        remedy="Send the action void without an invocation_id.",
    )


@trial(Worker.OWN)
async def calls_what_is_slow(stage: Stage) -> tuple[Errand, bool]:
    """Let the worker call a function that outlasts its patience, and look whether it is well."""
    asked = {"function_id": stage.role("sleep"), "data": {"ms": 900}, "timeout_ms": 250}
    stage.role("call")
    await stage.start()
    await stage.ready()
    errand = await _send(stage, asked)
    await stage.until(lambda: len(_late(stage)) > 0, 2.0)
    return errand, await stage.pulse()


def _late(stage: Stage) -> list[Message]:
    """The answers of the slow function itself."""
    return [
        m
        for m in stage.talk.messages()
        if m.type == "invocationresult" and (m.json.get("result") or {}) == {"slept_ms": 900}
    ]


@check("CAL-005", calls_what_is_slow)
def gives_up_waiting(record: Record[tuple[Errand, bool]]) -> Finding:
    """The engine sets no time limit: a caller that sets none either waits for ever."""
    errand, _ = record.result
    answers = record.talk.answers(errand.invocation.id)
    result = answers[0].json.get("result") if answers else None
    error = result.get("error") if isinstance(result, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if code == "TIMEOUT":
        return kept("the caller got TIMEOUT")
    if code == "function_not_found":
        return unproven("its call did not find its own function; it may be in another namespace")
    return broken(
        expected="the error code TIMEOUT in the hands of the caller, after 250 ms",
        seen=repr(result) if answers else "no answer",
        events=tuple(answers[:1]),
        remedy="Give each call a time limit, 30 s unless the caller says otherwise.",
    )


@check("CAL-006", calls_what_is_slow)
def survives_late_answers(record: Record[tuple[Errand, bool]]) -> Finding:
    """An answer that nobody waits for any more is an everyday event."""
    if record.result[1]:
        return kept("it went on")
    return broken(
        expected="a worker that drops an answer that comes too late",
        seen="it no longer listens",
        events=record.events[-4:],
        remedy="Look a result's invocation up among those that wait, and ignore it if not found.",
    )
