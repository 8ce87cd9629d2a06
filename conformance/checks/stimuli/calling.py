"""Calls that a worker is asked to make, through its function ``call``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.gateway import BLACK_HOLE
from conformance.trials.harness import Harness
from conformance.trials.holding import HeldCall, Holder
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Relay
from conformance.trials.load import load_factor
from conformance.trials.trial import Record, Worker, trial
from mock_engine.transcript import Message

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


BAGGAGE = "team=blue,shift=night"

ENGINES = ("state::", "stream::", "engine::", "kv_server::")
"""Functions that the engine answers at once: no worker grants their calls more time than others."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A request to call: an invocation of ``call``, and the function that it was to call.

    With a ``relay`` it is an invocation of a function that calls by itself, and the function that
    this one calls. ``others`` were made before it, in the same way.
    """

    invocation: Invocation
    function_id: str
    relay: Relay | None = None
    others: tuple[Errand, ...] = ()

    @property
    def all(self) -> tuple[Errand, ...]:
        """Those before it and this one, in order."""
        return (*self.others, self)

    def calls(self, talk: Conversation) -> list[Message]:
        """The calls that the worker made for this request alone."""
        answers = talk.answers(self.invocation.id)
        until = answers[0].at if answers and self.relay is not None else math.inf
        return [
            call
            for call in calls_of(talk, self.function_id)
            if self.invocation.at <= call.at <= until
        ]


async def send(harness: Harness, data: dict[str, Any], **fields: Any) -> Errand:
    """Make the worker call, and wait for its answer."""
    invocation = harness.invoker.invoke(harness.invoker.role("call"), data, **fields)
    await harness.invoker.reply(invocation, harness.pace.handler)
    return Errand(invocation, data["function_id"])


def outgoing(record: Record[Errand]) -> list[Message]:
    """The calls that the worker made for this request, and for those before it."""
    calls = (call for errand in record.result.all for call in errand.calls(record.talk))
    return [*{id(call): call for call in calls}.values()]


def unanswered(harness: Harness) -> Callable[[Mapping[str, Any]], Errand]:
    """What lets the worker make a call that is never answered, given options for ``call``.

    Raises:
        Inconclusive: it has no function that calls, and none that waits for a call of its own.
    """
    at_once = harness.invoker.relay("call", lambda relay: relay.target.startswith(ENGINES))
    relay = at_once or harness.invoker.relay("call")
    if relay is None:
        call = harness.invoker.role("call")

        def ask_for_it(options: Mapping[str, Any]) -> Errand:
            data = {"function_id": BLACK_HOLE, "data": {}, **options}
            return Errand(harness.invoker.invoke(call, data), BLACK_HOLE)

        return ask_for_it

    def hold(_: Mapping[str, Any]) -> Errand:
        harness.gateway.holder = Holder(relay.concerns)
        return through(harness, relay)

    return hold


def through(harness: Harness, relay: Relay, **fields: Any) -> Errand:
    """Invoke a function that calls by itself."""
    invocation = harness.invoker.invoke(relay.function_id, relay.data, **fields)
    return Errand(invocation, relay.target, relay)


REFUSAL = ("out_of_tea", "the pot is empty, says whoever was called")
"""The code and the message of the error with which a held call is answered."""


async def _refused(harness: Harness, relays: Sequence[Relay]) -> Errand:
    """Answer the calls of functions with an error; the most telling one comes last."""
    made: list[Errand] = []
    for relay in sorted(relays, key=lambda relay: relay.passes_errors):
        harness.gateway.holder = Holder(relay.concerns, lambda call: call.fail(*REFUSAL))
        for _ in range(2):
            made.append(through(harness, relay, traceparent=TRACE, baggage=BAGGAGE))
            answer = await harness.invoker.reply(made[-1].invocation, harness.pace.handler)
            if answer is None:
                return replace(made[-1], others=tuple(made[:-1]))
    return replace(made[-1], others=tuple(made[:-1]))


@trial(Worker.CALLING)
async def calls_nobody(harness: Harness) -> Errand:
    """Make the worker call a function that does not exist, twice, within a trace.

    The suite answers calls that a function makes by itself with an error.
    """
    relays = harness.invoker.relays("call")
    if relays:
        return await _refused(harness, relays)
    data = {"function_id": f"{ABSENT}-either", "data": {"x": 1}}
    first = await send(harness, data, traceparent=TRACE, baggage=BAGGAGE)
    last = await send(harness, data, traceparent=TRACE, baggage=BAGGAGE)
    return replace(last, others=(first,))


async def ask(harness: Harness, data: dict[str, Any]) -> Errand:
    """Make the worker call, and wait until it has; its answer does not matter.

    A worker that cannot call in this way answers at once; a call without waiting may come after the
    answer.
    """
    invocation = harness.invoker.invoke(harness.invoker.role("call"), {"timeout_ms": 2000, **data})
    errand = Errand(invocation, data["function_id"])

    def called() -> bool:
        return any(
            m.type == "invokefunction" and m.json.get("function_id") == errand.function_id
            for m in harness.talk.messages()
        )

    await harness.until(lambda: called() or harness.invoker.replies(invocation), harness.pace.reply)
    await harness.until(called, harness.pace.stray)
    return errand


PATIENCE = 11.0
"""Seconds for which a call is held, to find out whether the function has a time limit of its
own."""


async def _answered_too_late(harness: Harness, relay: Relay) -> tuple[Errand, bool]:
    """Hold a call until the worker gives it up, and answer it twice then, or before it did."""
    await harness.worker.start()
    await harness.presence.ready()
    harness.gateway.holder = holder = Holder(relay.concerns)
    errand = through(harness, relay)
    await given_up(harness, errand)
    holder.answer = _twice_at_once
    for call in holder.calls[:1]:
        call.answer({"late": 1})
        call.answer({"late": 2})
        call.fail(*REFUSAL)
    again = through(harness, relay)
    answered = await harness.invoker.reply(again.invocation, harness.pace.handler)
    return errand, answered is not None and await harness.invoker.pulse()


def _twice_at_once(call: HeldCall) -> None:
    """Answer a call with two messages that arrive together: it ends between the two."""
    call.answer({})
    call.answer({})


async def given_up(harness: Harness, errand: Errand, within: float = PATIENCE) -> None:
    """Wait until the function answers although its call is held, for ``within`` seconds.

    A limit is a timer, but what comes of it may take longer on a busy machine.
    """
    await harness.until(
        lambda: harness.invoker.replies(errand.invocation) or not harness.worker.running,
        within + load_factor() - 1,
        patient=False,
    )


@trial(Worker.OWN, seconds=1.0)
async def calls_what_is_slow(harness: Harness) -> tuple[Errand, bool]:
    """Let the worker call a function that outlasts its patience, and look whether it is well."""
    relay = harness.invoker.relay("call")
    if relay is not None:
        return await _answered_too_late(harness, relay)
    data = {"function_id": harness.invoker.role("sleep"), "data": {"ms": 900}, "timeout_ms": 250}
    harness.invoker.role("call")
    await harness.worker.start()
    await harness.presence.ready()
    errand = await send(harness, data)
    await harness.until(lambda: len(_late(harness)) > 0, 2.0)
    return errand, await harness.invoker.pulse()


def _late(harness: Harness) -> list[Message]:
    """The answers of the slow function itself."""
    return [
        m
        for m in harness.talk.messages()
        if m.type == "invocationresult" and (m.json.get("result") or {}) == {"slept_ms": 900}
    ]


def calls_of(talk: Conversation, function_id: str) -> list[Message]:
    """The worker's calls of a function."""
    return [
        message
        for message in talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]


LIMIT = 30.0
"""Seconds after which SDKs give up a call by themselves."""


@trial(Worker.OWN, seconds=LIMIT, long=True)
async def calls_a_black_hole(harness: Harness) -> Errand:
    """Make the worker call a function that never answers, without a time limit."""
    call_for_ever = unanswered(harness)
    await harness.worker.start()
    await harness.presence.ready()
    errand = call_for_ever({})
    await harness.invoker.reply(errand.invocation, 1.5 * LIMIT)
    return errand
