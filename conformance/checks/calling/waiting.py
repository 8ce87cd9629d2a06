"""Calls whose answer does not come in time, and calls while there is no engine."""

from __future__ import annotations

from conformance.checks.stimuli.calling import (
    Errand,
    Offline,
    calls_of,
    calls_offline,
    calls_what_is_slow,
    outgoing,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.gateway import BLACK_HOLE
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial

LIMIT = 30.0
"""Seconds after which SDKs give up a call by themselves."""


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


def _offline_obstacle(record: Record[Offline]) -> Finding | None:
    offline = record.result
    if offline.back is None:
        return inconclusive("it did not come back: see REC-014")
    early = [m for n in (offline.kept_call, offline.expired) for m in calls_of(record.talk, n)]
    if any(m.at < offline.at for m in early):
        return inconclusive("its function `call` does not wait `delay_ms` before it calls")
    return None


@check("CAL-015", calls_offline)
def keeps_calls_for_later(record: Record[Offline]) -> Finding:
    """A reconnect takes a second; a call that waits for 30 can wait for that."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    made = calls_of(record.talk, record.result.kept_call)
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
    made = calls_of(record.talk, record.result.kept_call)
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
    made = calls_of(record.talk, offline.expired)
    if made:
        return broken(
            expected="no call whose caller gave up while there was no connection",
            seen=f"it was sent {made[0].at - offline.at:.1f} s after the loss",
            events=(made[0],),
            remedy="Drop from the queue what has timed out.",
        )
    if not calls_of(record.talk, offline.kept_call):
        return inconclusive("it keeps no calls at all: see CAL-015")
    return kept("the call that was given up was not sent")
