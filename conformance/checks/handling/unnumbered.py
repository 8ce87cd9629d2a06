"""Whether an answer is due, which depends on the id of an invocation alone."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.stimuli.always import listed
from conformance.checks.stimuli.answers import about, described, error_code
from conformance.checks.stimuli.functions import MOST_FUNCTIONS
from conformance.checks.stimuli.invoking import is_url
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.traces import trace_of, traceparent
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
    """An invocation of ``invoked`` without an id, which was to make the worker call another.

    If it did not, the same was asked with an id at ``again`` seconds: a function that keeps the
    answer to an earlier call makes none. If the worker ``carries`` traces on, the call is in
    ``trace``; else it may be without any.
    """

    at: float
    invoked: str
    function_id: str
    trace: str
    carries: bool
    again: float = math.inf

    def ran(self, talk: Conversation) -> bool:
        """Whether it made the call without an id."""
        return any(call.at < self.again for call in _calls_of(talk, self))


@trial(Worker.CALLING)
async def run_without_id(harness: Harness) -> tuple[UnnumberedCall, ...]:
    """Make each function that calls do so, with an invocation that has no id."""
    relays = harness.invoker.relays("call")
    if not relays:
        target = "conformance::ran-without-an-id"
        data = {"function_id": target, "data": {}, "action": "void"}
        return (await _unnumbered(harness, harness.invoker.role("call"), data, target),)
    first = {relay.function_id: relay for relay in reversed(relays)}.values()
    made: list[UnnumberedCall] = []
    for relay in first:
        carries = any(_carried(harness.talk, errand) for errand in made)
        asked = (relay.function_id, relay.data, relay.target)
        made.append(await _unnumbered(harness, *asked, carries=carries))
    return tuple(made)


async def _unnumbered(
    harness: Harness, function_id: str, data: Any, target: str, *, carries: bool = False
) -> UnnumberedCall:
    trace = uuid.uuid4().hex
    errand = UnnumberedCall(harness.transcript.now(), function_id, target, trace, carries)
    traced = {"traceparent": traceparent(trace)}
    message = {"type": "invokefunction", "function_id": function_id, "data": data, **traced}
    harness.send(harness.invoker.serving(function_id), message)
    if await harness.until(lambda: errand.ran(harness.talk), harness.pace.reply):
        return errand
    invocation = harness.invoker.invoke(function_id, data, **traced)
    await harness.invoker.reply(invocation, harness.pace.handler)
    return replace(errand, again=invocation.at)


def _calls_of(talk: Conversation, errand: UnnumberedCall) -> list[Message]:
    if errand.carries:
        return _carried(talk, errand)
    calls = filter(_is_call, talk.recent(errand.at))
    return [m for m in calls if m.json.get("function_id") == errand.function_id]


def _is_call(message: Message) -> bool:
    return message.type == "invokefunction"


def _carried(talk: Conversation, errand: UnnumberedCall) -> list[Message]:
    """The calls within the errand's trace."""
    return [m for m in talk.recent(errand.at) if trace_of(m) == errand.trace and _is_call(m)]


@check("INV-022", run_without_id)
def runs_what_has_no_id(record: Record[tuple[UnnumberedCall, ...]]) -> Finding:
    """Events and calls that nobody waits for have no id, but must still be handled."""
    idle = [
        errand
        for errand in record.result
        if not errand.ran(record.talk) and _calls_of(record.talk, errand)
    ]
    if idle:
        return broken(
            expected=f"{idle[0].invoked} to call {idle[0].function_id} as it does for a caller, "
            "although nobody waits for its answer",
            seen=f"no call without an invocation_id, and a call with one: {idle[0].invoked}"
            + (f", and {len(idle) - 1} more" if len(idle) > 1 else ""),
            events=tuple(_calls_of(record.talk, idle[0])[:1]),
            remedy="Run the handler whether or not there is an invocation_id.",
        )
    ran = [errand.invoked for errand in record.result if errand.ran(record.talk)]
    if not ran:
        return inconclusive("no function called again, with an invocation_id or without")
    return kept(f"ran without an invocation_id: {listed(ran)}")


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
