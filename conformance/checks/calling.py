"""Calling: the worker as a caller of other functions, through its function ``call``."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from conformance.door import BLACK_HOLE
from conformance.stage import ABSENT, Invocation, Stage
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept, unproven
from mock_engine.transcript import Direction, Message

METADATA = {"tenant": "blue"}
LIMIT = 30.0
"""Seconds after which SDKs give up a call by themselves."""

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
BAGGAGE = "team=blue"
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
    return await _send(stage, asked, traceparent=TRACE, baggage=BAGGAGE)


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
        return unproven("it did not call the function it was asked to call")
    return broken(
        expected=f"the code {told.get('code')!r} and the message {told.get('message')!r} in the "
        "hands of the caller",
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


def _engines_error(record: Record[Errand]) -> dict[str, Any]:
    """What the engine answered to the worker's call."""
    ids = {call.json.get("invocation_id") for call in _outgoing(record)}
    for message in record.talk.messages(direction=Direction.FROM_ENGINE):
        if message.type == "invocationresult" and message.json.get("invocation_id") in ids:
            error = message.json.get("error")
            return error if isinstance(error, dict) else {}
    return {}


@check("CAL-007", calls_nobody)
def carries_the_baggage_on(record: Record[Errand]) -> Finding:
    """What a caller put into the baggage is for all that follows from its call."""
    calls = _outgoing(record)
    if not calls:
        return unproven("it did not call the function it was asked to call")
    seen = calls[0].json.get("baggage")
    if isinstance(seen, str) and BAGGAGE in seen:
        return kept("the baggage is with the nested call", calls[0])
    return broken(
        expected=f"a baggage with {BAGGAGE!r}",
        seen=repr(seen),
        events=(calls[0],),
        remedy="Take the baggage from the invocation and set it on calls of its handler.",
    )


async def _ask(stage: Stage, asked: dict[str, Any]) -> Errand:
    """Let the worker call, and wait until it has; what it answers does not matter.

    One that cannot call so answers at once; a call that nobody waits for may come after the answer.
    """
    invocation = stage.invoke(stage.role("call"), {"timeout_ms": 2000, **asked})
    errand = Errand(invocation, asked["function_id"])

    def called() -> bool:
        return any(
            m.type == "invokefunction" and m.json.get("function_id") == errand.function_id
            for m in stage.talk.messages()
        )

    await stage.until(lambda: called() or stage.replies(invocation), stage.pace.reply)
    await stage.until(called, stage.pace.stray)
    return errand


@trial(Worker.SHARED)
async def calls_through_a_queue(stage: Stage) -> Errand:
    """Let the worker call a function through a queue."""
    action = {"type": "enqueue", "queue": "conformance"}
    return await _ask(stage, {"function_id": "conformance::queued", "data": {}, "action": action})


@check("CAL-009", calls_through_a_queue)
def numbers_calls_through_a_queue(record: Record[Errand]) -> Finding:
    """The engine answers with a receipt, which a call without an id cannot get."""
    calls = [c for c in _outgoing(record) if isinstance(c.json.get("action"), dict)]
    if not calls:
        return unproven("it made no call with the action that it was asked for")
    if calls[0].json.get("invocation_id"):
        return kept("the call has an id", calls[0])
    return broken(
        expected="an invocation_id in a call through a queue",
        seen="none",
        events=(calls[0],),
        remedy="Leave the id out of void calls alone.",
    )


@trial(Worker.SHARED)
async def calls_with_metadata(stage: Stage) -> Errand:
    """Let the worker call a function with metadata."""
    return await _ask(
        stage, {"function_id": "conformance::with-metadata", "data": {}, "metadata": METADATA}
    )


@check("CAL-013", calls_with_metadata)
def sends_metadata(record: Record[Errand]) -> Finding:
    """The engine hands it to the function beside the data."""
    calls = _outgoing(record)
    if not calls:
        return unproven("it did not call the function it was asked to call")
    if calls[0].json.get("metadata") == METADATA:
        return kept("the metadata is beside the data", calls[0])
    return broken(
        expected=f"the metadata {METADATA!r} in the call",
        seen=repr(calls[0].json.get("metadata")),
        events=(calls[0],),
        remedy="Send what the caller gives as metadata in the field `metadata`.",
    )


@trial(Worker.OWN, long=True)
async def calls_a_black_hole(stage: Stage) -> Errand:
    """Let the worker call a function that never answers, and give no time limit."""
    call = stage.role("call")
    await stage.start()
    await stage.ready()
    invocation = stage.invoke(call, {"function_id": BLACK_HOLE, "data": {}})
    await stage.reply(invocation, 1.5 * LIMIT)
    return Errand(invocation, BLACK_HOLE)


@check("CAL-014", calls_a_black_hole)
def gives_up_by_itself(record: Record[Errand]) -> Finding:
    """The engine sets no time limit, so that a caller without one of its own waits for ever."""
    if not _outgoing(record):
        return unproven("it did not call the function it was asked to call")
    answers = record.talk.answers(record.result.invocation.id)
    if answers:
        return kept(f"it gave up after {answers[0].at - record.result.invocation.at:.0f} s")
    return broken(
        expected=f"the end of a call without a time limit after about {LIMIT:.0f} s",
        seen=f"none within {1.5 * LIMIT:.0f} s",
        events=tuple(_outgoing(record)[:1]),
        remedy="Limit each call to 30 s unless the caller says otherwise.",
    )


@dataclass(frozen=True, slots=True)
class Offline:
    """Calls made while there was no connection.

    ``kept_call`` had all the time, ``expired`` was given up before the worker was back; the
    worker was away from ``at`` to ``back``, in seconds, or for good.
    """

    at: float
    back: float | None
    kept_call: str = "conformance::kept-for-later"
    expired: str = "conformance::given-up"


@trial(Worker.OWN, slow=True)
async def calls_offline(stage: Stage) -> Offline:
    """Let the worker make a call without data, and two calls while it has no connection."""
    call = stage.role("call")
    await stage.start()
    await stage.ready()
    offline = Offline(0.0, None)
    await _ask(stage, {"function_id": NOTHING})
    for function_id, patience in ((offline.kept_call, 20_000), (offline.expired, 150)):
        asked = {"function_id": function_id, "data": {}, "delay_ms": 250, "timeout_ms": patience}
        stage.invoke(call, asked)
    await stage.pulse()
    before = set(stage.workers)
    at = stage.transcript.now()
    for connection in stage.websockets():
        connection.cut()
    await stage.until(
        lambda: set(stage.workers) - before or not stage.process.running, stage.pace.reconnect
    )
    fresh = set(stage.workers) - before
    if not fresh:
        return Offline(at, None)
    await stage.present(stage.pace.reply)
    await stage.settled()
    return Offline(at, min(stage.talk.first_message(n).at for n in fresh))


def _made(record: Record[Offline], function_id: str) -> list[Message]:
    return [
        message
        for message in record.talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]


def _offline_obstacle(record: Record[Offline]) -> Finding | None:
    offline = record.result
    if offline.back is None:
        return unproven("it did not come back: see REC-014")
    early = [m for n in (offline.kept_call, offline.expired) for m in _made(record, n)]
    if any(m.at < offline.at for m in early):
        return unproven("its function `call` does not wait `delay_ms` before it calls")
    return None


@check("CAL-015", calls_offline)
def keeps_calls_for_later(record: Record[Offline]) -> Finding:
    """A reconnect takes a second; a call that waits for 30 can wait for that."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    made = _made(record, record.result.kept_call)
    if made:
        return kept("a call made offline was sent after the reconnect", made[0])
    return broken(
        expected="a call that was made offline, after the reconnect",
        seen="none",
        remedy="Queue calls while there is no connection, up to a bound.",
    )


@check("CAL-016", calls_offline)
def forgets_expired_calls(record: Record[Offline]) -> Finding:
    """Its caller was told that it failed, and may have tried again."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    offline = record.result
    assert offline.back is not None
    if offline.back - offline.at < 0.6:
        return unproven("it was back before the call had expired")
    made = _made(record, offline.expired)
    if made:
        return broken(
            expected="no call whose caller gave up while there was no connection",
            seen=f"it was sent {made[0].at - offline.at:.1f} s after the loss",
            events=(made[0],),
            remedy="Drop from the queue what has timed out.",
        )
    if not _made(record, offline.kept_call):
        return unproven("it keeps no calls at all: see CAL-015")
    return kept("the call that was given up was not sent")


NOTHING = "conformance::given-nothing"


@check("CAL-008", calls_offline)
def always_gives_data(record: Record[Offline]) -> Finding:
    """The engine drops a call without the field, and the caller waits until it gives up."""
    calls = _made(record, NOTHING)
    if not calls:
        return unproven("it did not call the function it was asked to call")
    if "data" in calls[0].json:
        return kept(f"data {calls[0].json['data']!r} where the caller gave none", calls[0])
    return broken(
        expected='"data": null in a call whose caller gave none',
        seen="no field `data`",
        events=(calls[0],),
        remedy="Write data into every call, null where there is none.",
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
