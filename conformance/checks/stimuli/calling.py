"""Calls that a worker is asked to make, through its function ``call``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.ways import engine_gone
from conformance.trials.context import ABSENT
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, trial
from mock_engine.transcript import Message

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


BAGGAGE = "team=blue"


@dataclass(frozen=True, slots=True)
class Errand:
    """An invocation of ``call``, and the function that it was asked to call."""

    invocation: Invocation
    function_id: str


async def send(harness: Harness, data: dict[str, Any], **fields: Any) -> Errand:
    """Let the worker call, and wait for its answer."""
    invocation = harness.invoker.invoke(harness.invoker.role("call"), data, **fields)
    await harness.invoker.reply(invocation, harness.pace.handler)
    return Errand(invocation, data["function_id"])


def outgoing(record: Record[Errand]) -> list[Message]:
    """The calls that the worker made on its errand."""
    return [
        message
        for message in record.talk.messages()
        if message.type == "invokefunction"
        and message.json.get("function_id") == record.result.function_id
    ]


@trial(Worker.SHARED)
async def calls_nobody(harness: Harness) -> Errand:
    """Let the worker call a function that nobody has, twice, in a trace."""
    data = {"function_id": f"{ABSENT}-either", "data": {"x": 1}}
    await send(harness, data, traceparent=TRACE, baggage=BAGGAGE)
    return await send(harness, data, traceparent=TRACE, baggage=BAGGAGE)


async def ask(harness: Harness, data: dict[str, Any]) -> Errand:
    """Let the worker call, and wait until it has; what it answers does not matter.

    One that cannot call so answers at once; a call that nobody waits for may come after the answer.
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
"""Milliseconds after which a worker is asked to call: long enough for a slow one to be cut off
before it calls, and short enough to call, and give up, in the midst of the outage."""


@trial(Worker.OWN)
async def calls_what_is_slow(harness: Harness) -> tuple[Errand, bool]:
    """Let the worker call a function that outlasts its patience, and look whether it is well."""
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
        data = {"function_id": function_id, "data": {}, "delay_ms": DELAY, "timeout_ms": patience}
        harness.invoker.invoke(call, data)
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
