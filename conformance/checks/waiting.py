"""Waiting: calls whose answer does not come in time, and calls while there is no engine."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.calling import Errand, ask, outgoing, send
from conformance.checks.losing import engine_gone
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import Conversation
from conformance.trials.gateway import BLACK_HOLE
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Message

LIMIT = 30.0
"""Seconds after which SDKs give up a call by themselves."""

NOTHING = "conformance::given-nothing"

DELAY = 800
"""Milliseconds after which a worker is asked to call: long enough for a slow one to be cut off
before it calls, and short enough to call, and give up, in the midst of the outage."""


@trial(Worker.OWN, long=True)
async def calls_a_black_hole(harness: Harness) -> Errand:
    """Let the worker call a function that never answers, and give no time limit."""
    call = harness.invoker.role("call")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(call, {"function_id": BLACK_HOLE, "data": {}})
    await harness.invoker.reply(invocation, 1.5 * LIMIT)
    return Errand(invocation, BLACK_HOLE)


@check("CAL-014", calls_a_black_hole)
def gives_up_by_itself(record: Record[Errand]) -> Finding:
    """The engine sets no time limit, so that a caller without one of its own waits for ever."""
    if not outgoing(record):
        return inconclusive("it did not call the function it was asked to call")
    answers = record.talk.answers(record.result.invocation.id)
    if answers:
        return kept(f"it gave up after {answers[0].at - record.result.invocation.at:.0f} s")
    return broken(
        expected=f"the end of a call without a time limit after about {LIMIT:.0f} s",
        seen=f"none within {1.5 * LIMIT:.0f} s",
        events=tuple(outgoing(record)[:1]),
        remedy="Limit each call to 30 s unless the caller says otherwise.",
    )


@trial(Worker.OWN)
async def calls_what_is_slow(harness: Harness) -> tuple[Errand, bool]:
    """Let the worker call a function that outlasts its patience, and look whether it is well."""
    asked = {"function_id": harness.invoker.role("sleep"), "data": {"ms": 900}, "timeout_ms": 250}
    harness.invoker.role("call")
    await harness.worker.start()
    await harness.presence.ready()
    errand = await send(harness, asked)
    await harness.until(lambda: len(_late(harness)) > 0, 2.0)
    return errand, await harness.invoker.pulse()


def _late(harness: Harness) -> list[Message]:
    """The answers of the slow function itself."""
    return [
        m
        for m in harness.talk.messages()
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
        return inconclusive(
            "its call did not find its own function; it may be in another namespace"
        )
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
async def calls_offline(harness: Harness) -> Offline:
    """Let the worker make a call without data, and two calls while it has no connection."""
    call = harness.invoker.role("call")
    await harness.worker.start()
    await harness.presence.ready()
    offline = Offline(0.0, None)
    await ask(harness, {"function_id": NOTHING})
    for function_id, patience in ((offline.kept_call, 20_000), (offline.expired, 150)):
        asked = {"function_id": function_id, "data": {}, "delay_ms": DELAY, "timeout_ms": patience}
        harness.invoker.invoke(call, asked)
    await harness.invoker.pulse()
    before = set(harness.workers)
    at = harness.transcript.now()
    await engine_gone(harness, patient=True)
    await harness.until(
        lambda: set(harness.workers) - before or not harness.worker.running,
        harness.pace.reconnect,
    )
    fresh = set(harness.workers) - before
    if not fresh:
        return Offline(at, None)
    await harness.presence.present(harness.pace.reply)
    await harness.until(lambda: _made(harness.talk, offline.kept_call), harness.pace.reply)
    await harness.presence.settled()
    return Offline(at, min(harness.talk.first_message(n).at for n in fresh))


def _made(talk: Conversation, function_id: str) -> list[Message]:
    return [
        message
        for message in talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]


def _offline_obstacle(record: Record[Offline]) -> Finding | None:
    offline = record.result
    if offline.back is None:
        return inconclusive("it did not come back: see REC-014")
    early = [m for n in (offline.kept_call, offline.expired) for m in _made(record.talk, n)]
    if any(m.at < offline.at for m in early):
        return inconclusive("its function `call` does not wait `delay_ms` before it calls")
    return None


@check("CAL-015", calls_offline)
def keeps_calls_for_later(record: Record[Offline]) -> Finding:
    """A reconnect takes a second; a call that waits for 30 can wait for that."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    made = _made(record.talk, record.result.kept_call)
    if made:
        return kept("a call made offline was sent after the reconnect", made[0])
    return broken(
        expected="a call that was made offline, after the reconnect",
        seen="none",
        remedy="Queue calls while there is no connection, up to a bound.",
    )


@check("CAL-018", calls_offline)
def sends_kept_calls_once(record: Record[Offline]) -> Finding:
    """A call that was both queued and kept with its caller is carried out twice."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    made = _made(record.talk, record.result.kept_call)
    if not made:
        return inconclusive("it keeps no calls at all: see CAL-015")
    if len(made) == 1:
        return kept("a call made offline was sent once", made[0])
    return broken(
        expected="one call, as was made while there was no connection",
        seen=f"{len(made)} of them after the reconnect",
        events=tuple(made[:3]),
        remedy="Take a call out of the queue once it is sent, and keep it in one queue alone.",
    )


@check("CAL-016", calls_offline)
def forgets_expired_calls(record: Record[Offline]) -> Finding:
    """Its caller was told that it failed, and may have tried again."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    offline = record.result
    made = _made(record.talk, offline.expired)
    if made:
        return broken(
            expected="no call whose caller gave up while there was no connection",
            seen=f"it was sent {made[0].at - offline.at:.1f} s after the loss",
            events=(made[0],),
            remedy="Drop from the queue what has timed out.",
        )
    if not _made(record.talk, offline.kept_call):
        return inconclusive("it keeps no calls at all: see CAL-015")
    return kept("the call that was given up was not sent")


@check("CAL-008", calls_offline)
def always_gives_data(record: Record[Offline]) -> Finding:
    """The engine drops a call without the field, and the caller waits until it gives up."""
    calls = _made(record.talk, NOTHING)
    if not calls:
        return inconclusive("it did not call the function it was asked to call")
    if "data" in calls[0].json:
        return kept(f"data {calls[0].json['data']!r} where the caller gave none", calls[0])
    return broken(
        expected='"data": null in a call whose caller gave none',
        seen="no field `data`",
        events=(calls[0],),
        remedy="Write data into every call, null where there is none.",
    )
