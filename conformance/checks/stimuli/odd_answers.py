"""Answers of every kind to the calls that functions make by themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from conformance.errors import Inconclusive
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.holding import ABSENT, HeldCall, Holder
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Worker, trial

NOTHING: dict[str, Callable[[HeldCall], None]] = {
    "null": partial(HeldCall.answer, result=None),
    "no result": partial(HeldCall.answer, result=ABSENT),
}
"""What the engine answers if there is no value: one or the other, depending on its version."""

ODD: dict[str, Callable[[HeldCall], None]] = {
    repr(value): partial(HeldCall.answer, result=value)
    for value in (False, 0, "", "text", [], [None], {}, {"unexpected": [1]})
}
"""Answers that a function may not expect, but another worker may give."""


@dataclass(frozen=True, slots=True)
class OddAnswers:
    """Invocations of functions whose calls got odd answers, each with the answer in words."""

    invocations: tuple[tuple[Invocation, str], ...]
    exit_code: int | None


@trial(Worker.CALLING)
async def odd_answers(harness: Harness) -> OddAnswers:
    """Answer the calls that functions make by themselves with values of every kind, in turn."""
    made: list[tuple[Invocation, str]] = []
    relays = harness.invoker.relays("call")
    if not relays:
        raise Inconclusive("this takes a function that waits for a call of its own")
    for relay in relays:
        for text, answer in (NOTHING | ODD).items():
            harness.gateway.holder = Holder(relay.concerns, answer)
            invocation = harness.invoker.invoke(relay.function_id, relay.data)
            made.append((invocation, text))
            if await harness.invoker.reply(invocation, harness.pace.handler) is None:
                break
    return OddAnswers(tuple(made), harness.worker.exit_code)


def silent_after(
    talk: Conversation, odd: OddAnswers, answers: Collection[str]
) -> tuple[Invocation, str] | None:
    """The first invocation without an answer, of those whose calls got these answers."""
    return next(
        (
            (invocation, text)
            for invocation, text in odd.invocations
            if text in answers and not talk.answers(invocation.id)
        ),
        None,
    )
