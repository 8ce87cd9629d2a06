"""Triggers that are offered to a provider and removed again."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import Inconclusive
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

BINDING = "5b0d5b2e-0000-4000-8000-0000000000b1"


UNKNOWN = "5b0d5b2e-0000-4000-8000-0000000000b2"


NO_TYPE = "conformance-no-such-type"


TARGET = "conformance::somebody"


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


def _own_type(harness: Harness) -> tuple[int, str]:
    """A trigger type that the worker provides, and the connection on which it does.

    Raises:
        Inconclusive: it provides none.
    """
    for one in harness.talk.registrations:
        if one.kind == "registertriggertype" and isinstance(one.id, str):
            return one.message.connection, one.id
    raise Inconclusive("this takes a worker that provides a trigger type")


@trial(Worker.OWN)
async def offered(harness: Harness) -> OfferedTriggers:
    """Offer a trigger of its own type twice, one of an unknown type, and remove the first again."""
    await harness.worker.start()
    await harness.presence.ready()
    number, own = _own_type(harness)
    for trigger_id, type_id in ((BINDING, own), (UNKNOWN, NO_TYPE)):
        harness.send(number, _offer(trigger_id, type_id))
        await harness.until(lambda t=trigger_id: _answers(harness, t), harness.pace.reply)  # type: ignore[misc]
    harness.send(number, _offer(BINDING, own))
    await harness.until(lambda: len(_answers(harness, BINDING)) > 1, harness.pace.reply)
    undo = {"type": "unregistertrigger", "id": BINDING, "trigger_type": own}
    harness.send(number, undo)
    alive = await harness.invoker.pulse() and number in harness.workers
    await harness.until(lambda: len(_answers(harness, BINDING)) > 2, harness.pace.stray)
    return OfferedTriggers(own, number, alive)


def _offer(trigger_id: str, type_id: str) -> dict[str, object]:
    return {
        "type": "registertrigger",
        "id": trigger_id,
        "trigger_type": type_id,
        "function_id": TARGET,
        "config": {},
    }


def _answers(harness: Harness, trigger_id: str) -> list[Message]:
    return results(list(harness.talk.messages()), trigger_id)


def results(messages: list[Message], trigger_id: str) -> list[Message]:
    """The answers of a provider about one trigger."""
    return [
        m
        for m in messages
        if m.type == "triggerregistrationresult" and m.json.get("id") == trigger_id
    ]


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that fired, on request or by itself, and was removed at ``undone`` seconds.

    It was offered once more at ``again`` seconds. ``before`` and ``after`` ask the worker which
    triggers it holds, if it can say so. ``quiet`` is for how many seconds the trigger was then
    watched for further calls.
    """

    again: float
    undone: float
    quiet: float
    before: Invocation | None = None
    after: Invocation | None = None


@trial(Worker.OWN)
async def fired(harness: Harness) -> Fired:
    """Offer a trigger in another namespace twice, let it fire, and remove it.

    A type of which nothing is known may fire by itself.
    """
    await harness.worker.start()
    await harness.presence.ready()
    number, own = _own_type(harness)
    by_itself, again = not harness.invoker.plays("fire"), 0.0
    for times in (1, 2):
        again = harness.transcript.now()
        harness.send(number, _offer(BINDING, own) | ELSEWHERE)
        await harness.until(
            lambda n=times: len(_answers(harness, BINDING)) >= n,  # type: ignore[misc]
            harness.pace.reply,
        )
        if by_itself:
            await harness.until(
                lambda t=again: len(fired_since(harness.talk, t)) > BEATS,  # type: ignore[misc]
                BY_ITSELF,
            )
    before = await _bindings(harness)
    if not by_itself:
        data = {"id": BINDING, "data": {"tick": 1}}
        await harness.invoker.reply(harness.invoker.invoke(harness.invoker.role("fire"), data))
        await harness.until(lambda: calls_of_the_target(harness.talk), harness.pace.reply)
    elif not (calls_of_the_target(harness.talk) or calls_of_the_trigger(harness.talk)):
        raise Inconclusive(
            "this takes a function that plays the part of conformance::fire, or a trigger type "
            f"that fires by itself within {2 * BY_ITSELF:.0f} s"
        )
    # By itself, it fires again after as long as it took.
    quiet = min(BY_ITSELF, max(harness.pace.stray, 2 * _period(harness)))
    harness.send(number, {"type": "unregistertrigger", "id": BINDING, "trigger_type": own})
    await harness.invoker.pulse()
    undone = harness.transcript.now()
    after = await _bindings(harness)
    await harness.until(lambda: fired_since(harness.talk, undone), quiet)
    return Fired(again, undone, quiet, before, after)


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


def fired_since(talk: Conversation, at: float) -> list[Message]:
    """The calls of the target after ``at`` seconds."""
    return [call for call in calls_of_the_target(talk) if call.at > at]


def calls_of_the_trigger(talk: Conversation) -> list[Message]:
    """The calls whose namespace or metadata say that they come from the trigger."""
    return [
        m
        for m in talk.messages()
        if m.type == "invokefunction"
        and any(m.json.get(name) == value for name, value in ELSEWHERE.items())
    ]


def calls_of_the_target(talk: Conversation) -> list[Message]:
    """The calls of the function to which the trigger is bound."""
    return [
        m
        for m in talk.messages()
        if m.type == "invokefunction" and m.json.get("function_id") == TARGET
    ]
