"""Handling: what becomes of invocations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from conformance.checks.answers import (
    NOT_FOUND,
    about,
    described,
    disowned,
    error_code,
    error_fault,
)
from conformance.checks.asking import all_answered, is_url, own_samples
from conformance.checks.payloads import payloads
from conformance.checks.ready import looking_back
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Direction, Message

MOST_FUNCTIONS = 200
"""Functions invoked; a worker of thousands shows nothing more with the rest, but its other trials
would wait for it."""


@dataclass(frozen=True, slots=True)
class Round:
    """One invocation of each registered function, and one of a function nobody registered.

    ``withheld`` says why functions were not invoked, for each that was not.
    """

    known: tuple[Invocation, ...]
    unknown: Invocation
    withheld: tuple[str, ...] = ()


@trial(Worker.SHARED)
async def every_function(harness: Harness) -> Round:
    """Invoke each registered function once, with an example of its data.

    Of thousands the first ``MOST_FUNCTIONS`` are invoked. Of the well-known functions only
    ``echo`` is: the others have trials of their own.
    """
    unknown = harness.invoker.invoke(ABSENT, {"some": "data"})
    chosen = own_samples(harness, MOST_FUNCTIONS)
    known = tuple(harness.invoker.invoke(function_id, data) for function_id, data in chosen)
    await harness.invoker.reply(unknown)
    await all_answered(harness, known, harness.invoker.patience(known))
    return Round(known, unknown, tuple(harness.invoker.withheld()))


@check("INV-014", every_function)
def tells_invocations_apart(record: Record[Round]) -> Finding:
    """A worker that says the same to everything cannot be judged by what it says."""
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
        none = "none" if played.known else "none, and it registers no function that could answer"
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
    """What makes an answer the same as another: the code of its error, or else its result."""
    if answer.json.get("error") is not None:
        return f"the error code {json.dumps(error_code(answer))}"
    return f"the result {json.dumps(answer.json.get('result'))}"


def _bounced(record: Record[Round]) -> tuple[Message, ...]:
    """An invocation and the same from the worker, if it sends back whatever comes."""
    asked = {i.id for i in (*record.result.known, record.result.unknown)}
    return tuple(
        message
        for message in record.talk.messages()
        if message.type == "invokefunction" and str(message.json.get("invocation_id")) in asked
    )[:1]


@check("INV-001", every_function)
def answers_for_its_functions(record: Record[Round]) -> Finding:
    """The engine sets no time limit: a caller waits for an answer that never comes."""
    if not record.result.known:
        if record.result.withheld:
            return inconclusive(record.result.withheld[0])
        return not_applicable("it registers no function")
    for invocation in record.result.known:
        answers = record.talk.answers(invocation.id)
        if not answers:
            return broken(
                expected=f"an invocationresult for {invocation.function_id}",
                seen="none",
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


@check("INV-002", looking_back, every_function, payloads)
def answers_once(*records: Record[Any]) -> Finding:
    """A second answer may reach a caller that asked something else."""
    asked = {
        message.json["invocation_id"]: record.talk
        for record in reversed(records)  # the first one, of all that was shared, counts
        for message in record.talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction" and message.json.get("invocation_id")
    }
    answered = 0
    for invocation_id, talk in asked.items():
        answers = talk.answers(invocation_id)
        answered += bool(answers)
        if len(answers) > 1:
            return broken(
                expected="one invocationresult an invocation",
                seen=f"{len(answers)} for {invocation_id}",
                events=tuple(answers[:4]),
                remedy="Send the result in one place, after the handler has returned or failed.",
            )
    if not answered:
        return inconclusive("it answered no invocation")
    return kept(f"{answered} invocations, each answered once")


@check("INV-003", every_function)
def echoes_the_function_id(record: Record[Round]) -> Finding:
    """The engine cannot read a result without its ``function_id``."""
    checked = 0
    for invocation in (*record.result.known, record.result.unknown):
        for answer in record.talk.answers(invocation.id):
            checked += 1
            if answer.json.get("function_id") != invocation.function_id:
                return broken(
                    expected=f"function_id {invocation.function_id!r} in the result",
                    seen=repr(answer.json.get("function_id")),
                    events=about(record, invocation),
                    remedy="Copy function_id from the invocation into its result.",
                )
    return kept(f"{checked} results") if checked else inconclusive("it answered no invocation")


@check("INV-004", every_function)
def says_that_a_function_is_unknown(record: Record[Round]) -> Finding:
    """An engine and a worker may disagree for a moment about what is registered."""
    unknown = record.result.unknown
    answers = record.talk.answers(unknown.id)
    if answers and error_code(answers[0]) == NOT_FOUND:
        return kept(f"the error {NOT_FOUND}", answers[0])
    return broken(
        expected=f"an invocationresult with error.code {NOT_FOUND!r}",
        seen=described(answers[0]) if answers else "no answer",
        events=about(record, unknown),
        remedy=f'Answer {{"error":{{"code":"{NOT_FOUND}","message":"…"}}}}.',
    )


@check("INV-005", every_function)
def reports_errors_with_code_and_message(record: Record[Round]) -> Finding:
    """The engine cannot read an error that lacks one of them."""
    errors = [
        (answer, answer.json["error"])
        for invocation in (*record.result.known, record.result.unknown)
        for answer in record.talk.answers(invocation.id)
        if answer.json.get("error") is not None
    ]
    for answer, error in errors:
        fault = error_fault(error)
        if fault is not None:
            return broken(
                expected="an error object with code and message, both text",
                seen=fault,
                events=(answer,),
                remedy='Send {"code":"…","message":"…"}; code invocation_failed where none fits '
                "better.",
            )
    if not errors:
        return inconclusive("it reported no error")
    return kept(f"{len(errors)} errors, each with code and message", errors[0][0])


@dataclass(frozen=True, slots=True)
class Void:
    """Invocations without an id: when they were sent, and which function ran."""

    at: float
    function_ids: tuple[str, ...]


@trial(Worker.SHARED)
async def without_id(harness: Harness) -> Void:
    """Invoke without an id, with ``null`` as one, and then wait for an answer that is wrong."""
    targets = [t for t in dict.fromkeys((harness.baseline.pulse, ABSENT)) if t]
    void = Void(harness.transcript.now(), tuple(targets))
    for target in targets:
        message: dict[str, Any] = {"type": "invokefunction", "function_id": target, "data": {}}
        harness.send(harness.invoker.serving(target), message)
        harness.send(harness.invoker.serving(target), message | {"invocation_id": None})
    await harness.invoker.pulse()
    await harness.until(lambda: bool(_stray(harness.talk)), harness.pace.stray)
    return void


def _stray(talk: Conversation) -> list[Message]:
    """Results for which there is no invocation."""
    asked = {
        message.json.get("invocation_id")
        for message in talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction"
    }
    return [
        message
        for message in talk.messages()
        if message.type == "invocationresult"
        and str(message.json.get("invocation_id")).lower() not in asked
    ]


@check("INV-007", without_id)
def does_not_answer_without_an_id(record: Record[Void]) -> Finding:
    """An invocation without an id is fire-and-forget; its answer belongs to nobody."""
    stray = _stray(record.talk)
    if stray:
        return broken(
            expected="no invocationresult for an invocation without an id",
            seen=described(stray[0]),
            events=tuple(stray[:3]),
            remedy="Run the handler and drop its result when invocation_id is absent or null.",
        )
    pulse = [
        m
        for m in record.talk.messages()
        if m.type == "invocationresult" and m.at > record.result.at
    ]
    if not pulse:
        return inconclusive("it answered nothing after these, so it may not have read them")
    return kept(f"no answer to {2 * len(record.result.function_ids)} invocations without an id")


@trial(Worker.SHARED)
async def behind_urls(harness: Harness) -> tuple[Invocation, ...]:
    """Invoke the functions that the engine calls over HTTP, as an engine at fault would."""
    names = [i for i, _ in harness.invoker.samples() if is_url(harness, i)][:MOST_FUNCTIONS]
    asked = tuple(harness.invoker.invoke(name, {}) for name in names)
    await harness.until(lambda: all(harness.invoker.replies(i) for i in asked), harness.pace.reply)
    return asked


@check("INV-021", behind_urls)
def says_that_a_function_is_behind_a_url(record: Record[tuple[Invocation, ...]]) -> Finding:
    """The worker has no handler for it, and the caller would wait for ever."""
    if not record.result:
        return not_applicable("it registers no function with a URL")
    for invocation in record.result:
        answers = record.talk.answers(invocation.id)
        if not answers or error_code(answers[0]) != "function_not_invokable":
            return broken(
                expected=f"the error function_not_invokable for {invocation.function_id}, which "
                "has a URL",
                seen=described(answers[0]) if answers else "no answer",
                events=about(record, invocation),
                remedy="Answer function_not_invokable for a function registered with `invocation`.",
            )
    return kept(f"{len(record.result)} functions with a URL, each not invokable")


@dataclass(frozen=True, slots=True)
class Errand:
    """An invocation without an id, which was to call ``function_id``."""

    at: float
    function_id: str


@trial(Worker.SHARED)
async def run_without_id(harness: Harness) -> Errand:
    """Let the worker call a function, by an invocation without an id."""
    call = harness.invoker.role("call")
    errand = Errand(harness.transcript.now(), "conformance::ran-without-an-id")
    data = {"function_id": errand.function_id, "data": {}, "action": "void"}
    message = {"type": "invokefunction", "function_id": call, "data": data}
    harness.send(harness.invoker.serving(call), message)
    await harness.until(lambda: _errands(harness.talk, errand.function_id), harness.pace.reply)
    return errand


def _errands(talk: Conversation, function_id: str) -> list[Message]:
    return [
        message
        for message in talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]


@check("INV-022", run_without_id)
def runs_what_has_no_id(record: Record[Errand]) -> Finding:
    """Events, and calls that nobody waits for, come without an id; they are to be handled."""
    done = _errands(record.talk, record.result.function_id)
    if done:
        return kept("the function ran", done[0])
    return broken(
        expected="the function to run, although nobody waits for its answer",
        seen="it did not do what it was asked to",
        remedy="Run the handler whether or not there is an invocation_id.",
    )
