"""Two callers who ask a function about different things at the same time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.invoking import all_answered
from conformance.documents.trees import Path, at, places, put
from conformance.errors import Inconclusive
from conformance.trials.harness import Harness
from conformance.trials.holding import HeldCall, Holder
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Relay
from conformance.trials.trial import Worker, trial

FIRST, SECOND, LATER = "conformance-first", "conformance-second", "conformance-later"
"""What the two ask about, and a third one after them. The calls made for them contain it."""

MOST_FUNCTIONS, MOST_PLACES = 4, 3
"""Functions that are looked at, and texts in the data of each that may be what it asks about."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two invocations of one function, the second while the first waited for its call.

    ``called`` is whether a call was made for the second, before the first was answered or after,
    and ``called_later`` whether one was made for who asked after both: a function may make few
    calls whoever asks.
    """

    relay: Relay
    first: Invocation
    second: Invocation
    called: bool
    called_later: bool


@dataclass(frozen=True, slots=True)
class Callers:
    """The pairs of some functions."""

    pairs: tuple[Pair, ...]


@trial(Worker.CALLING)
async def two_callers(harness: Harness) -> Callers:
    """Hold the call that a function makes for one caller, and let another ask it meanwhile."""
    found: list[Pair] = []
    for relay in harness.invoker.relays("call")[:MOST_FUNCTIONS]:
        texts = [p for p in places(relay.data) if isinstance(at(relay.data, p), str)]
        for path in texts[:MOST_PLACES]:
            pair = await _ask(harness, relay, path)
            if pair is not None:
                found.append(pair)
                break
    if not found:
        raise Inconclusive("this takes a function that calls another about a text of its data")
    return Callers(tuple(found))


async def _ask(harness: Harness, relay: Relay, path: Path) -> Pair | None:
    """The two callers; ``None`` if no call is made about what is at the path."""
    harness.gateway.holder = holder = Holder(lambda call: _is_about(call, FIRST, SECOND, LATER))

    def made(about: str) -> bool:
        return any(_is_about(call.message, about) for call in holder.calls)

    try:
        first = harness.invoker.invoke(relay.function_id, put(relay.data, path, FIRST))
        await harness.until(
            lambda: made(FIRST) or harness.invoker.replies(first), harness.pace.reply
        )
        if not made(FIRST):
            return None
        second = harness.invoker.invoke(relay.function_id, put(relay.data, path, SECOND))
        await harness.invoker.pulse()
        holder.answer = HeldCall.let_go
        holder.let_go()
        await all_answered(harness, (first, second), harness.pace.handler)
        later = harness.invoker.invoke(relay.function_id, put(relay.data, path, LATER))
        await all_answered(harness, (later,), harness.pace.handler)
        return Pair(relay, first, second, made(SECOND), made(LATER))
    finally:
        harness.gateway.release()


def _is_about(call: Mapping[str, Any], *texts: str) -> bool:
    data = json.dumps(call.get("data"))
    return any(text in data for text in texts)
