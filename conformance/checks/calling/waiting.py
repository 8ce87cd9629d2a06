"""Calls whose answer does not come in time, and calls while there is no connection."""

from __future__ import annotations

from typing import Any

from conformance.checks.stimuli.answers import described, error_code
from conformance.checks.stimuli.calling import (
    ENGINES,
    LIMIT,
    PATIENCE,
    REFUSAL,
    Errand,
    calls_a_black_hole,
    calls_nobody,
    calls_of,
    calls_what_is_slow,
    outgoing,
)
from conformance.checks.stimuli.offline import SHORT, Offline, calls_offline
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json
from mock_engine.transcript import Message


@check("CAL-014", calls_a_black_hole)
def gives_up_by_itself(record: Record[Errand]) -> Finding:
    """The engine sets no time limit, so a call without a default limit would wait for ever."""
    errand = record.result
    if not outgoing(record):
        return inconclusive("it did not call the function it was asked to call")
    answers = record.talk.answers(errand.invocation.id)
    if answers:
        return kept(f"it gave up after {answers[0].at - errand.invocation.at:.0f} s")
    if errand.relay is not None and not errand.function_id.startswith(ENGINES):
        return inconclusive(f"its call of {errand.function_id} may have a longer limit of its own")
    return broken(
        expected=f"the end of a call without a time limit after about {LIMIT:.0f} s",
        seen=f"none within {1.5 * LIMIT:.0f} s",
        events=tuple(outgoing(record)[:1]),
        remedy="Limit each call to 30 s unless the caller says otherwise.",
    )


@check("CAL-005", calls_what_is_slow, calls_a_black_hole, calls_nobody)
def gives_up_waiting(*records: Record[Any]) -> Finding:
    """The engine sets no time limit, so a caller that sets none either waits for ever."""
    refused = [record for record in records if record.trial == calls_nobody.name]
    findings: list[Finding] = []
    for record in records:
        if record.trial == calls_what_is_slow.name:
            findings.append(_gave_up(record))
        elif record.trial == calls_a_black_hole.name:
            findings += [_told_apart(record, other) for other in refused]
    return decisive(findings) if findings else inconclusive("no call of it was left unanswered")


def _told_apart(record: Record[Errand], refused: Record[Errand]) -> Finding:
    """How a function ended whose call was never answered, if it hands errors of calls on."""
    errand = record.result
    answers = record.talk.answers(errand.invocation.id)
    hands_on = any(
        error_code(answer) == REFUSAL[0]
        for other in refused.result.all
        if other.invocation.function_id == errand.invocation.function_id
        for answer in refused.talk.answers(other.invocation.id)
    )
    if errand.relay is None or not answers or not hands_on:
        return inconclusive("how its calls end that nobody answers is not seen from outside")
    if _is_timeout(answers[0]):
        return kept("its call ended in a timeout", answers[0])
    return broken(
        expected=f"the code TIMEOUT from {errand.invocation.function_id}, whose call of "
        f"{errand.function_id} was not answered; it hands the errors of this call on",
        seen=described(answers[0]),
        events=(*outgoing(record)[:1], answers[0]),
        remedy="End a call that nobody answers with the error TIMEOUT.",
    )


def _is_timeout(answer: Message) -> bool:
    """Whether an answer says that a call took too long."""
    return error_code(answer) == "TIMEOUT" or "timeout" in str(answer.json.get("error")).lower()


def _gave_up(record: Record[tuple[Errand, bool]]) -> Finding:
    """How a call ended that was answered too late."""
    errand, _ = record.result
    answers = record.talk.answers(errand.invocation.id)
    if errand.relay is not None:
        return _own_limit(errand, answers)
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
        seen=as_json(result) if answers else "no answer",
        events=tuple(answers[:1]),
        remedy="Give each call a time limit, 30 s unless the caller says otherwise.",
    )


def _own_limit(errand: Errand, answers: list[Message]) -> Finding:
    """The evidence of a function's own time limit; how it handles a given limit is up to it."""
    took = answers[0].at - errand.invocation.at if answers else PATIENCE
    if took >= PATIENCE:
        return inconclusive(f"it waited for the answer to its call for {PATIENCE:.0f} s and more")
    if _is_timeout(answers[0]):
        return kept(f"its call ended in a timeout after {took:.1f} s", answers[0])
    return inconclusive(f"its answer after {took:.1f} s does not tell how its call ended")


@check("CAL-006", calls_what_is_slow)
def survives_late_answers(record: Record[tuple[Errand, bool]]) -> Finding:
    """Answers regularly arrive after their caller has given up."""
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
    if offline.relay is not None:
        return None
    early = [m for n in (offline.kept_call, offline.expired) for m in calls_of(record.talk, n)]
    if any(m.at < offline.at for m in early):
        return inconclusive("its function `call` does not wait `delay_ms` before it calls")
    return None


def _sent_later(record: Record[Offline]) -> list[Message]:
    """The calls that were kept and sent on a new connection."""
    offline = record.result
    since = offline.at if offline.relay is not None else 0.0
    calls = calls_of(record.talk, offline.kept_call)
    if offline.relay is not None:
        return [m for m in calls if since <= m.at <= offline.until]
    return calls


@check("CAL-015", calls_offline)
def keeps_calls_for_later(record: Record[Offline]) -> Finding:
    """A reconnect takes about a second, and a call with a limit of 30 seconds can wait for it."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    made = _sent_later(record)
    if made:
        return kept("a call made offline was sent after the reconnect", made[0])
    if record.result.relay is not None:
        return inconclusive("none of its functions called while there was no connection")
    return broken(
        expected="a call that was made offline, after the reconnect",
        seen="no call after the reconnect",
        remedy="Queue calls while there is no connection, up to a bound.",
    )


@check("CAL-018", calls_offline)
def sends_kept_calls_once(record: Record[Offline]) -> Finding:
    """A call that is kept both in a queue and with its caller would be carried out twice."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    made = _sent_later(record)
    if not made:
        return inconclusive("it keeps no calls at all: see CAL-015")
    most = record.result.most
    if len(made) <= most:
        return kept("calls made offline were sent once", made[0])
    return broken(
        expected=f"{most} calls at most, as were made while there was no connection",
        seen=f"{len(made)} of them after the reconnect",
        events=tuple(made[:3]),
        remedy="Take a call out of the queue once it is sent, and keep it in one queue alone.",
    )


def _given_up(record: Record[Offline]) -> Finding:
    """What became of calls whose own time limit had passed before the worker was back."""
    offline = record.result
    if not _sent_later(record):
        return inconclusive("it keeps no calls at all: see CAL-015")
    if offline.limit is None or offline.returned is None:
        return inconclusive(
            f"none of its calls was seen to end within {SHORT:.0f} s, or {PATIENCE:.0f} s at the "
            "full level"
        )
    since = offline.returned
    made = [m for m in calls_of(record.talk, offline.kept_call) if m.at >= since]
    if made:
        return broken(
            expected=f"no call that was made {offline.limit:.1f} s and more before the worker was "
            "back: its calls end after that time",
            seen=f"{len(made)} of {offline.kept_call} after the reconnect",
            events=tuple(made[:3]),
            remedy="Drop from the queue what has timed out.",
        )
    if not offline.unsent:
        return inconclusive("none of its functions called while there was no connection")
    return kept(f"{offline.unsent} calls that were given up were not sent")


@check("CAL-016", calls_offline)
def forgets_expired_calls(record: Record[Offline]) -> Finding:
    """The caller was told that the call failed, and may have tried again."""
    obstacle = _offline_obstacle(record)
    if obstacle is not None:
        return obstacle
    offline = record.result
    if offline.relay is not None:
        return _given_up(record)
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
