"""Providing: the worker's own trigger types, and the triggers that it gets for them."""

from __future__ import annotations

import itertools
import json

from conformance.checks.stimuli.answers import error_fault
from conformance.checks.stimuli.providing import (
    BEATS,
    ELSEWHERE,
    UNKNOWN,
    Fired,
    OfferedTriggers,
    calls_of_the_trigger,
    fired,
    offered,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.invoker import Invocation
from conformance.trials.offers import BINDING, TARGET, calls_of_the_target, results
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json, counted
from mock_engine.transcript import Direction

CODES = ("trigger_type_not_found", "trigger_registration_failed")


@check("PRV-001", offered)
def answers_for_its_triggers(record: Record[OfferedTriggers]) -> Finding:
    """The worker that registers a trigger waits ten seconds for the provider's answer."""
    answers = results(list(record.talk.messages()), BINDING)
    if not answers:
        return broken(
            expected="a triggerregistrationresult for a trigger of type "
            f"{as_json(record.result.type_id)}",
            seen="no triggerregistrationresult",
            events=record.events[-4:],
            remedy="Answer registertrigger with the same id, trigger_type and function_id, and "
            "with an error if the trigger cannot be served.",
        )
    body = answers[0].json
    if (body.get("trigger_type"), body.get("function_id")) != (record.result.type_id, TARGET):
        return broken(
            expected=f"trigger_type {as_json(record.result.type_id)} and "
            f"function_id {as_json(TARGET)}",
            seen=f"{as_json(body.get('trigger_type'))} and {as_json(body.get('function_id'))}",
            events=(answers[0],),
            remedy="Repeat trigger_type and function_id in the answer.",
        )
    return kept("it answered with the same ids", answers[0])


@check("PRV-002", offered)
def refuses_unknown_types(record: Record[OfferedTriggers]) -> Finding:
    """The owner of a trigger must be told if the provider no longer knows its type."""
    answers = results(list(record.talk.messages()), UNKNOWN)
    error = answers[0].json.get("error") if answers else None
    # To the engine, an answer whose error has the wrong form is no answer at all.
    fault = error_fault(error) if error else "no error" if answers else "no answer"
    if fault is None:
        return kept("it answered with an error", answers[0])
    return broken(
        expected="a triggerregistrationresult with an error for an unknown trigger type",
        seen=fault,
        events=tuple(answers[:1]),
        remedy="Answer trigger_type_not_found.",
    )


@check("PRV-003", offered)
def takes_a_trigger_again(record: Record[OfferedTriggers]) -> Finding:
    """After a provider reconnects, the engine offers it every trigger again, known ones too."""
    answers = results(list(record.talk.messages()), BINDING)
    if not answers or answers[0].json.get("error"):
        return inconclusive("it did not take the trigger the first time")
    if len(answers) > 1 and not answers[1].json.get("error"):
        return kept("it took the same trigger again", answers[1])
    return broken(
        expected="a second answer without an error",
        seen=f"the error {as_json(answers[1].json['error'])}"
        if len(answers) > 1
        else "no second answer",
        events=tuple(answers[:2]),
        remedy="Replace a trigger that comes again under its id.",
    )


@check("PRV-004", offered)
def takes_a_trigger_down(record: Record[OfferedTriggers]) -> Finding:
    """The end of one trigger must not stop the worker, and nobody waits for an answer to it."""
    if record.result.after_teardown:
        return kept("it went on after unregistertrigger")
    return broken(
        expected="a worker that goes on after unregistertrigger",
        seen="it no longer listens",
        events=record.events[-4:],
        remedy="unregistertrigger carries an id and a type only; do not ask for more.",
    )


@check("PRV-005", offered)
def refuses_with_a_code(record: Record[OfferedTriggers]) -> Finding:
    """The code tells the owner of a trigger whether another provider may come."""
    answers = results(list(record.talk.messages()), UNKNOWN)
    error = answers[0].json.get("error") if answers else None
    if not isinstance(error, dict):
        return inconclusive("it answered no error for an unknown type: see PRV-002")
    if error.get("code") in CODES:
        return kept(f"the code {error['code']}", answers[0])
    return broken(
        expected="the code " + " or ".join(CODES),
        seen=as_json(error.get("code")),
        events=(answers[0],),
        remedy="Use trigger_type_not_found for a type that is not provided, and "
        "trigger_registration_failed for a trigger that cannot be served.",
    )


@check("PRV-006", offered)
def says_nothing_to_a_teardown(record: Record[OfferedTriggers]) -> Finding:
    """Nobody waits for the answer, and it would be taken for that of a trigger that failed."""
    undone = [
        m
        for m in record.talk.messages(direction=Direction.FROM_ENGINE)
        if m.type == "unregistertrigger"
    ]
    if not undone or not record.result.after_teardown:
        return inconclusive("it did not go on after unregistertrigger: see PRV-004")
    later = [
        m
        for m in record.talk.messages()
        if m.at > undone[0].at and m.type is not None and m.json.get("id") == BINDING
    ]
    if not later:
        return kept("it said nothing to unregistertrigger")
    return broken(
        expected="no answer to unregistertrigger",
        seen=f"a {later[0].type}",
        events=(undone[0], later[0]),
        remedy="Take the trigger down, and say nothing.",
    )


@check("PRV-007", fired)
def fires_where_it_is_bound(record: Record[Fired]) -> Finding:
    """The engine finds the target by namespace, and the target reads the owner's metadata."""
    calls = calls_of_the_target(record.talk)
    offers = results(list(record.talk.messages()), BINDING)
    if not calls and any(answer.json.get("error") for answer in offers):
        return inconclusive("it refused a trigger of its own type in another namespace")
    if not calls:
        others = calls_of_the_trigger(record.talk)
        return broken(
            expected=f"a call of {TARGET}, the function of the trigger",
            seen=f"a call of {as_json(others[0].json.get('function_id'))}"
            if others
            else "no call of it",
            events=tuple(others[:1]),
            remedy="Call the function_id of each trigger when something happens.",
        )
    for call in calls:
        seen = {name: call.json.get(name) for name in ELSEWHERE}
        if seen != ELSEWHERE:
            return broken(
                expected=f"namespace and metadata of the trigger, {as_json(ELSEWHERE)}, in each "
                "call",
                seen=as_json(seen),
                events=(call,),
                remedy="Keep namespace and metadata of a trigger, and send them with each call.",
            )
    return kept("it called the target in its namespace, with the metadata", calls[0])


@check("PRV-008", fired)
def forgets_what_was_taken_back(record: Record[Fired]) -> Finding:
    """A trigger that is not removed keeps calling a function that nobody wants called."""
    played = record.result
    late = calls_of_the_target(record.talk, played.undone)
    if late:
        return broken(
            expected="no call of the function of a trigger that was taken back",
            seen=f"one {late[0].at - played.undone:.1f} s after it",
            events=tuple(late[:2]),
            remedy="Find the trigger by its id, end it, and forget it.",
        )
    if played.before is None or played.after is None:
        request = ", though it was requested to" if played.asked else ""
        return kept(f"it did not fire any more within {played.quiet:.1f} s{request}")
    held = [_held(record, invocation) for invocation in (played.before, played.after)]
    if not held[0]:
        return inconclusive("its function `bindings` does not tell of the trigger it was offered")
    if not held[1]:
        return kept("the trigger that was taken back is gone")
    return broken(
        expected="no trigger left after unregistertrigger",
        seen="it is still there",
        remedy="Find the trigger by its id, end it, and forget it.",
    )


@check("PRV-009", fired)
def holds_a_trigger_once(record: Record[Fired]) -> Finding:
    """A trigger held twice fires twice, and the engine offers all again after a reconnect."""
    if record.result.before is None:
        return _calls_once(record) if record.result.asked else _fires_as_often(record)
    held = _held(record, record.result.before)
    if not held:
        return inconclusive("its function `bindings` does not tell of the trigger it was offered")
    if held == 1:
        return kept("the trigger that was offered twice is there once")
    return broken(
        expected="one trigger, which was offered twice under the same id",
        seen=f"it is there {held} times",
        remedy=ONCE,
    )


def _calls_once(record: Record[Fired]) -> Finding:
    """Whether one request causes no more calls after the trigger was offered again."""
    once, twice = record.result.counts
    if not once:
        return inconclusive("its trigger did not fire before it was offered again: see PRV-007")
    if twice <= once:
        return kept(f"the trigger that was offered twice fires as before: {counted(twice, 'call')}")
    return broken(
        expected="one trigger, which was offered twice under the same id",
        seen=f"{counted(twice, 'call')} when it fires, and {once} before the second offer",
        events=tuple(calls_of_the_target(record.talk, record.result.again)[:twice]),
        remedy=ONCE,
    )


ONCE = "Keep triggers by their id, so that one that comes again replaces itself."

FASTER = 0.65
"""The factor by which intervals shrink where two timers of one period run: 0.5, with a margin."""

EVEN = 1.4
"""The factor by which the longest interval of an even timer exceeds the shortest, at most."""


def _fires_as_often(record: Record[Fired]) -> Finding:
    """Whether a trigger that fires by itself does so no more often after it was offered again."""
    fired_twice = record.result
    once = _intervals(record, 0.0, fired_twice.again)
    twice = _intervals(record, fired_twice.again, fired_twice.undone)
    if min(len(once), len(twice)) < BEATS - 1 or max(once) > EVEN * min(once):
        return inconclusive(
            "this takes a function that plays the part of conformance::bindings, or a trigger type "
            "that fires by itself, evenly and several times a second"
        )
    # Where two timers run, one interval is as much shorter as the next is longer.
    pairs = twice[: len(twice) // 2 * 2]
    slow, fast = sum(once) / len(once), sum(pairs) / len(pairs)
    times = f"every {fast:.2f} s, and every {slow:.2f} s before the second offer"
    if fast >= FASTER * slow:
        return kept(f"it fires {times}")
    return broken(
        expected="one trigger, which was offered twice under the same id",
        seen=f"it fires {times}",
        events=tuple(calls_of_the_target(record.talk)[-4:]),
        remedy=ONCE,
    )


def _intervals(record: Record[Fired], since: float, until: float) -> list[float]:
    """Seconds between calls of the target; the first call is left out, as it starts the rhythm."""
    times = [call.at for call in calls_of_the_target(record.talk) if since < call.at < until][1:]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def _held(record: Record[Fired], invocation: Invocation) -> int:
    """How many triggers with this id an answer of ``bindings`` lists."""
    answers = record.talk.answers(invocation.id)
    result = answers[0].json.get("result") if answers else None
    entries = result.get("bindings", result) if isinstance(result, dict) else result
    if isinstance(entries, dict):
        entries = list(entries.values())
    if not isinstance(entries, list):
        entries = [entries]
    return sum(BINDING in json.dumps(entry) for entry in entries)
