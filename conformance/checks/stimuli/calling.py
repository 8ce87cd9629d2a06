"""Calls that a worker is asked to make, through its function ``call``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.stimuli.returning import back
from conformance.checks.stimuli.ways import OUTAGE, engine_gone
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


BAGGAGE = "team=blue"

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
    errands = (*record.result.others, record.result)
    calls = (call for errand in errands for call in errand.calls(record.talk))
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
        return _through(harness, relay)

    return hold


def _through(harness: Harness, relay: Relay, **fields: Any) -> Errand:
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
            made.append(_through(harness, relay, traceparent=TRACE, baggage=BAGGAGE))
            await harness.invoker.reply(made[-1].invocation, harness.pace.handler)
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


NOTHING = "conformance::given-nothing"


DELAY = 800
"""Milliseconds after which a worker is to call: long enough to cut off a slow worker before it
calls, and short enough for it to call, and give up, during the outage."""


PATIENCE = 11.0
"""Seconds for which a call is held, to find out whether the function has a time limit of its
own."""


async def _answered_too_late(harness: Harness, relay: Relay) -> tuple[Errand, bool]:
    """Hold a call until the worker gives it up, and answer it twice then, or before it did."""
    await harness.worker.start()
    await harness.presence.ready()
    harness.gateway.holder = holder = Holder(relay.concerns)
    errand = _through(harness, relay)
    await _given_up(harness, errand)
    holder.answer = HeldCall.let_go
    for call in holder.calls[:1]:
        call.answer({"late": 1})
        call.answer({"late": 2})
        call.fail(*REFUSAL)
    again = _through(harness, relay)
    answered = await harness.invoker.reply(again.invocation, harness.pace.handler)
    return errand, answered is not None and await harness.invoker.pulse()


async def _given_up(harness: Harness, errand: Errand) -> None:
    """Wait until the function answers although its call is held, for as long as that may take."""
    await harness.until(
        lambda: harness.invoker.replies(errand.invocation) or not harness.worker.running,
        PATIENCE,
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


@dataclass(frozen=True, slots=True)
class Offline:
    """Calls made while there was no connection.

    ``kept_call`` had all the time, ``expired`` was given up before the worker was back; the
    worker was away from ``at`` to ``back``, in seconds, or for good.

    With a ``relay``, ``most`` calls were made while there was no connection, and sent by ``until``.
    If it keeps them, it was away once more, for longer than the ``limit`` in seconds after which
    its calls end: until ``returned``, with ``unsent`` calls that were not sent before.
    """

    at: float
    back: float | None
    kept_call: str = "conformance::kept-for-later"
    expired: str = "conformance::given-up"
    most: int = 1
    relay: Relay | None = None
    until: float = math.inf
    limit: float | None = None
    returned: float | None = None
    unsent: int = 0


BURST = 8
"""Invocations that arrive together with the end of the connection: what their handlers call, most
of them call after it."""


async def _cut_off(harness: Harness, relay: Relay) -> Offline:
    """Invoke a function that calls, several times, and end the connection at once."""
    await harness.worker.start()
    await harness.presence.ready()
    at = harness.transcript.now()
    first, unsent = await _away(harness, relay)
    offline = Offline(at, None, relay.target, relay=relay)
    if first is None:
        return offline
    until = harness.transcript.now()
    offline = replace(offline, at=first, back=first, most=unsent * relay.calls, until=until)
    if not any(m.at >= first for m in calls_of(harness.talk, relay.target)):
        return offline
    limit = await _limit(harness, relay)
    if limit is None:
        return offline
    returned, unsent = await _away(harness, relay, limit)
    return replace(offline, limit=limit, returned=returned, unsent=unsent)


async def _away(harness: Harness, relay: Relay, limit: float = 0.0) -> tuple[float | None, int]:
    """Invoke a function that calls several times, and end the connection at once.

    The outage lasts for ``limit`` seconds longer than others. Returns when the worker spoke again,
    if it did, and how many calls were not sent before.
    """
    before = set(harness.workers)
    since = harness.transcript.now()
    for connection in harness.websockets():
        connection.cork()
    for _ in range(BURST):
        _through(harness, relay)
    # A limit is a timer, which a busy machine does not slow down.
    await engine_gone(harness, seconds=limit + OUTAGE * load_factor())
    fresh = await back(harness, before)
    if not fresh:
        return None, 0
    await harness.presence.present(harness.pace.reply)
    await harness.until(lambda: False, harness.pace.stray, patient=False)
    early = [
        m for m in calls_of(harness.talk, relay.target) if m.connection in before and m.at >= since
    ]
    first = min(harness.talk.first_message(n).at for n in fresh)
    return first, max(0, BURST - len(early))


async def _limit(harness: Harness, relay: Relay) -> float | None:
    """Seconds after which a call of the function ends by itself, if it does and makes no other."""
    harness.gateway.holder = holder = Holder(relay.concerns)
    errand = _through(harness, relay)
    await _given_up(harness, errand)
    harness.gateway.release()
    answers = harness.invoker.replies(errand.invocation)
    if not answers or len(holder.calls) != 1:
        return None
    return answers[0].at - errand.invocation.at


@trial(Worker.OWN, seconds=3.3)
async def calls_offline(harness: Harness) -> Offline:
    """Make the worker call without data, and make it call twice while it has no connection."""
    relay = harness.invoker.relay("call")
    if relay is not None:
        return await _cut_off(harness, relay)
    call = harness.invoker.role("call")
    await harness.worker.start()
    await harness.presence.ready()
    offline = Offline(0.0, None)
    await ask(harness, {"function_id": NOTHING})
    delay = int(DELAY * load_factor())  # the outage is longer on a crowded machine, too
    for function_id, patience in ((offline.kept_call, 20_000), (offline.expired, 150)):
        data = {"function_id": function_id, "data": {}, "delay_ms": delay, "timeout_ms": patience}
        harness.invoker.invoke(call, data)
    await harness.invoker.pulse()
    before = set(harness.workers)
    at = harness.transcript.now()
    await engine_gone(harness, patient=True)
    fresh = await back(harness, before)
    if not fresh:
        return Offline(at, None)
    await harness.presence.present(harness.pace.reply)
    await harness.until(lambda: calls_of(harness.talk, offline.kept_call), harness.pace.reply)
    await harness.presence.settled()
    return Offline(at, min(harness.talk.first_message(n).at for n in fresh))


def calls_of(talk: Conversation, function_id: str) -> list[Message]:
    """The worker's calls of a function."""
    return [
        message
        for message in talk.messages()
        if message.type == "invokefunction" and message.json.get("function_id") == function_id
    ]
