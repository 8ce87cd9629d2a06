"""Whether an answer is due, which depends on the id of an invocation alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import about, described, error_code
from conformance.checks.stimuli.functions import MOST_FUNCTIONS
from conformance.checks.stimuli.invoking import is_url
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Direction, Message


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
    ids = {
        message.json.get("invocation_id")
        for message in talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction"
    }
    return [
        message
        for message in talk.messages()
        if message.type == "invocationresult"
        and str(message.json.get("invocation_id")).lower() not in ids
    ]


@check("INV-007", without_id)
def does_not_answer_without_an_id(record: Record[Void]) -> Finding:
    """An invocation without an id is fire-and-forget, so nobody waits for an answer."""
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
    """Invoke the functions that the engine calls over HTTP, as a faulty engine would."""
    names = [i for i, _ in harness.invoker.samples() if is_url(harness, i)][:MOST_FUNCTIONS]
    invocations = tuple(harness.invoker.invoke(name, {}) for name in names)
    await harness.until(
        lambda: all(harness.invoker.replies(i) for i in invocations), harness.pace.reply
    )
    return invocations


@check("INV-021", behind_urls)
def says_that_a_function_is_behind_a_url(record: Record[tuple[Invocation, ...]]) -> Finding:
    """The worker has no handler for it, so without an error the caller would wait for ever."""
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
class UnnumberedCall:
    """An invocation without an id, which was to make the worker call ``function_id``."""

    at: float
    function_id: str


@trial(Worker.CALLING)
async def run_without_id(harness: Harness) -> UnnumberedCall:
    """Make the worker call a function, with an invocation that has no id."""
    relay, at = harness.invoker.relay("call"), harness.transcript.now()
    if relay is not None:
        call, data = relay.function_id, relay.data
        errand = UnnumberedCall(at, relay.target)
    else:
        call = harness.invoker.role("call")
        errand = UnnumberedCall(at, "conformance::ran-without-an-id")
        data = {"function_id": errand.function_id, "data": {}, "action": "void"}
    message = {"type": "invokefunction", "function_id": call, "data": data}
    harness.send(harness.invoker.serving(call), message)
    await harness.until(lambda: _calls_of(harness.talk, errand), harness.pace.reply)
    return errand


def _calls_of(talk: Conversation, errand: UnnumberedCall) -> list[Message]:
    return [
        message
        for message in talk.recent(errand.at)
        if message.type == "invokefunction"
        and message.json.get("function_id") == errand.function_id
    ]


@check("INV-022", run_without_id)
def runs_what_has_no_id(record: Record[UnnumberedCall]) -> Finding:
    """Events and calls that nobody waits for have no id, but must still be handled."""
    done = _calls_of(record.talk, record.result)
    if done:
        return kept("the function ran", done[0])
    return broken(
        expected="the function to run, although nobody waits for its answer",
        seen="it did not do what it was asked to",
        remedy="Run the handler whether or not there is an invocation_id.",
    )


@trial(Worker.SHARED)
async def with_an_action(harness: Harness) -> Invocation:
    """Invoke with an id, and with the action of a call that nobody waits for."""
    target = harness.baseline.pulse or ABSENT
    invocation = harness.invoker.invoke(target, {}, action={"type": "void"})
    await harness.invoker.reply(invocation)
    return invocation


@check("INV-020", with_an_action)
def answers_whatever_has_an_id(record: Record[Invocation]) -> Finding:
    """The engine gives every call an id, and forgets the call only when it is answered."""
    if record.talk.answers(record.result.id):
        return kept("it answered")
    return broken(
        expected="an answer to an invocation with an id, whatever its action",
        seen="no answer",
        events=about(record, record.result),
        remedy="Decide by invocation_id alone whether to answer.",
    )
