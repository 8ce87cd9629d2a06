"""Triggers that are offered to a provider and removed again."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import Inconclusive
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.offers import (
    BINDING,
    calls_of_the_target,
    offer,
    own_type,
    removal,
    results,
)
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

UNKNOWN = "5b0d5b2e-0000-4000-8000-0000000000b2"


NO_TYPE = "conformance-no-such-type"


BY_ITSELF = 2.0
"""Seconds after each offer in which a trigger fires by itself, if it fires that often."""

BEATS = 5
"""Calls that are awaited in that time: their intervals show how often a trigger fires."""

ELSEWHERE = {"namespace": "conformance-blue", "metadata": {"tenant": "blue"}}


@dataclass(frozen=True, slots=True)
class OfferedTriggers:
    """Triggers that were offered to a provider: of its own type and of an unknown one."""

    type_id: str
    connection: int
    after_teardown: bool


@trial(Worker.OWN)
async def offered(harness: Harness) -> OfferedTriggers:
    """Offer a trigger of its own type twice, one of an unknown type, and remove the first again."""
    await harness.worker.start()
    await harness.presence.ready()
    number, own = own_type(harness)
    for trigger_id, type_id in ((BINDING, own), (UNKNOWN, NO_TYPE)):
        harness.send(number, offer(trigger_id, type_id))
        await harness.until(lambda t=trigger_id: _answers(harness, t), harness.pace.reply)  # type: ignore[misc]
    harness.send(number, offer(BINDING, own))
    await harness.until(lambda: len(_answers(harness, BINDING)) > 1, harness.pace.reply)
    harness.send(number, removal(BINDING, own))
    alive = await harness.invoker.pulse() and number in harness.workers
    await harness.until(lambda: len(_answers(harness, BINDING)) > 2, harness.pace.stray)
    return OfferedTriggers(own, number, alive)


def _answers(harness: Harness, trigger_id: str) -> list[Message]:
    return results(list(harness.talk.messages()), trigger_id)


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that fired, on request or by itself, and was removed at ``undone`` seconds.

    It was offered once more at ``again`` seconds. ``counts`` are the calls of its function that one
    request caused after the first offer and after the second, if it fires on request. ``before``
    and ``after`` ask the worker which triggers it holds, if it can say so. ``quiet`` is for how
    many seconds the removed trigger was watched for further calls, ``asked`` whether it was
    requested to fire then.
    """

    again: float
    undone: float
    quiet: float
    counts: tuple[int, ...] = ()
    before: Invocation | None = None
    after: Invocation | None = None

    @property
    def asked(self) -> bool:
        """Whether it was requested to fire."""
        return bool(self.counts)


@trial(Worker.OWN)
async def fired(harness: Harness) -> Fired:
    """Offer a trigger in another namespace twice, let it fire each time, and remove it.

    A type of which nothing is known may fire by itself.
    """
    await harness.worker.start()
    await harness.presence.ready()
    number, own = own_type(harness)
    on_request, again, counts = harness.invoker.plays("fire"), 0.0, []
    for times in (1, 2):
        again = harness.transcript.now()
        harness.send(number, offer(BINDING, own) | ELSEWHERE)
        await harness.until(
            lambda n=times: len(_answers(harness, BINDING)) >= n,  # type: ignore[misc]
            harness.pace.reply,
        )
        if on_request:
            counts.append(await _requested(harness))
        else:
            await harness.until(
                lambda t=again: len(calls_of_the_target(harness.talk, t)) > BEATS,  # type: ignore[misc]
                BY_ITSELF,
            )
    called = calls_of_the_target(harness.talk) or calls_of_the_trigger(harness.talk)
    if not on_request and not called:
        raise Inconclusive(
            "this takes a function that plays the part of conformance::fire, or a trigger type "
            f"that fires by itself within {2 * BY_ITSELF:.0f} s"
        )
    before = await _bindings(harness)
    # By itself, it fires again after as long as it took.
    period = 0.0 if on_request else 2 * _period(harness)
    quiet = min(BY_ITSELF, max(harness.pace.stray, period))
    harness.send(number, removal(BINDING, own))
    await harness.invoker.pulse()
    undone = harness.transcript.now()
    after = await _bindings(harness)
    if on_request:
        await harness.invoker.reply(_request(harness))
    await harness.until(lambda: calls_of_the_target(harness.talk, undone), quiet)
    return Fired(again, undone, quiet, tuple(counts), before, after)


def _request(harness: Harness) -> Invocation:
    """Invoke the function that lets the trigger fire."""
    part = harness.invoker.part("fire")
    data = part.request({"id": BINDING, "data": {"tick": 1}})
    return harness.invoker.invoke(part.function_id, data)


async def _requested(harness: Harness) -> int:
    """Let the trigger fire once, and count the calls of its function."""
    asked = _request(harness)
    await harness.invoker.reply(asked)
    await harness.until(lambda: calls_of_the_target(harness.talk, asked.at), harness.pace.stray)
    await harness.invoker.pulse()
    return len(calls_of_the_target(harness.talk, asked.at))


async def _bindings(harness: Harness) -> Invocation | None:
    """Ask for the triggers that the worker holds, if it has a function that lists them."""
    if not harness.invoker.plays("bindings"):
        return None
    invocation = harness.invoker.invoke(harness.invoker.role("bindings"), {})
    await harness.invoker.reply(invocation)
    return invocation


def _period(harness: Harness) -> float:
    """How long after it was taken the trigger fired, in seconds."""
    answers, calls = _answers(harness, BINDING), calls_of_the_target(harness.talk)
    return calls[0].at - answers[0].at if answers and calls else 0.0


def calls_of_the_trigger(talk: Conversation) -> list[Message]:
    """The calls whose namespace or metadata say that they come from the trigger."""
    return [
        m
        for m in talk.messages()
        if m.type == "invokefunction"
        and any(m.json.get(name) == value for name, value in ELSEWHERE.items())
    ]
