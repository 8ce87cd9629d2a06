"""The answer to an invocation: there is one, only one, and it has the right form."""

from __future__ import annotations

import json

from conformance.checks.stimuli.answers import (
    NOT_FOUND,
    about,
    described,
    disowned,
    error_code,
)
from conformance.checks.stimuli.functions import Round, every_function
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json
from mock_engine.transcript import Message


@check("INV-014", every_function)
def tells_invocations_apart(record: Record[Round]) -> Finding:
    """A worker that answers every invocation alike cannot be judged by its answers."""
    played = record.result
    if not played.known and played.withheld:
        return inconclusive(played.withheld[0])
    bounced = _bounced(record)
    if bounced:
        return broken(
            expected="answers to invocations",
            seen="the invocations themselves, sent back as they came",
            events=bounced,
            remedy="Send an invocationresult for each invokefunction.",
        )
    first = {i: record.talk.answers(i.id)[:1] for i in (*played.known, played.unknown)}
    answers = [answer for found in first.values() for answer in found]
    remedy = "Look up the function that function_id names, run it, and send what it returns."
    if not answers:
        ended = "" if record.exit_code is None else "; the process ended"
        none = (
            "no answer"
            if played.known
            else "no answer, and it registers no function that could give one"
        )
        return broken(
            expected="an answer to an invocation",
            seen=none + ended,
            events=about(record, played.unknown),
            remedy=remedy,
        )
    honest = not played.known and error_code(answers[0]) == NOT_FOUND
    alike = {_sameness(answer) for answer in answers}
    passed_on = any(
        error_code(answer) == NOT_FOUND and not disowned(record.talk, invocation, answer)
        for invocation in played.known
        for answer in first[invocation]
    )
    apart = honest or passed_on or len(alike) > 1
    if apart or not (first[played.unknown] or error_code(answers[0])):
        return kept(f"{len(answers)} answers, not all alike")
    return broken(
        expected="different answers of a registered and of an unknown function",
        seen=f"{alike.pop()} for all {len(answers)} invocations",
        events=tuple(answers[:3]),
        remedy=remedy,
    )


def _sameness(answer: Message) -> str:
    """What makes two answers the same: the code of the error, or else the result."""
    if answer.json.get("error") is not None:
        return f"the error code {json.dumps(error_code(answer))}"
    return f"the result {json.dumps(answer.json.get('result'))}"


def _bounced(record: Record[Round]) -> tuple[Message, ...]:
    """An invocation and its copy from the worker, if the worker sends everything back."""
    ids = {i.id for i in (*record.result.known, record.result.unknown)}
    return tuple(
        message
        for message in record.talk.messages()
        if message.type == "invokefunction" and str(message.json.get("invocation_id")) in ids
    )[:1]


@check("INV-001", every_function)
def answers_for_its_functions(record: Record[Round]) -> Finding:
    """The engine sets no time limit, so a caller without an answer waits for ever."""
    if not record.result.known:
        if record.result.withheld:
            return inconclusive(record.result.withheld[0])
        return not_applicable("it registers no function")
    for invocation in record.result.known:
        answers = record.talk.answers(invocation.id)
        if not answers:
            return broken(
                expected=f"an invocationresult for {invocation.function_id}",
                seen="no answer",
                events=about(record, invocation),
                remedy="Answer every invocation, with an error if need be. A function that takes "
                "longer needs --timeout-factor.",
            )
        if disowned(record.talk, invocation, answers[0]):
            return broken(
                expected=f"an answer of the function {invocation.function_id}, which it registered",
                seen=f"the error {NOT_FOUND}",
                events=about(record, invocation),
                remedy="Look functions up under the id they were registered with.",
            )
    registered = len(record.baseline.functions)
    return kept(f"{len(record.result.known)} of {registered} functions were invoked and answered")


@check("INV-004", every_function)
def says_that_a_function_is_unknown(record: Record[Round]) -> Finding:
    """An engine and a worker may briefly disagree about what is registered."""
    for unknown in (record.result.unknown, *record.result.similar):
        answers = record.talk.answers(unknown.id)
        if not answers or error_code(answers[0]) != NOT_FOUND:
            return broken(
                expected=f"an invocationresult with error.code {as_json(NOT_FOUND)} for "
                f"{unknown.function_id}, which it did not register",
                seen=described(answers[0]) if answers else "no answer",
                events=about(record, unknown),
                remedy=f'Answer {{"error":{{"code":"{NOT_FOUND}","message":"…"}}}} unless a '
                "function was registered under exactly this id.",
            )
    return kept(f"the error {NOT_FOUND}", *record.talk.answers(record.result.unknown.id)[:1])
