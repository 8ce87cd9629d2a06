"""The same function twice, in two circumstances ("worlds") that differ in one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.trials.gateway import WRITES
from conformance.trials.harness import Harness
from conformance.trials.holding import HeldCall, Holder
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Depth
from conformance.trials.learning.learner import complaint
from conformance.trials.learning.starts import is_risky, request
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

MOST = 12
"""Functions that are compared; the others probably behave alike."""

REFUSED = ("not_kept", "the engine kept nothing, as the conformance suite wanted it")
"""The code and the message of the error that answers a call to store something."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two invocations of functions that belong together."""

    first: Invocation
    second: Invocation


@dataclass(frozen=True, slots=True)
class Refused(Pair):
    """A function stored something with the first invocation and ``again`` with another.

    What it was to store with the second one was refused.
    """

    again: Invocation


def result(answers: list[Message]) -> tuple[bool, Any]:
    """Whether an answer is a result without a complaint, and the result."""
    if not answers or answers[0].json.get("error") is not None:
        return False, None
    found = answers[0].json.get("result")
    return not complaint(found), found


# -- plainly, and over HTTP ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked(Pair):
    """A function was invoked with data, and with a request that has it.

    ``needed`` is whether the function refuses to do without.
    """

    needed: bool


@trial(Worker.SHARED)
async def plain_and_over_http(harness: Harness) -> tuple[Asked, ...]:
    """Invoke functions behind HTTP triggers with data they take, and with requests around it."""
    pairs: list[Asked] = []
    for function_id, config in routes(harness).items():
        data = _plain_example(harness, function_id)
        if data is None or len(pairs) >= MOST:
            continue
        plain = harness.invoker.invoke(function_id, data)
        await harness.invoker.reply(plain, harness.pace.handler)
        event = request(config)
        texts = {name: str(v) for name, v in data.items() if isinstance(v, str | int | float)}
        event |= {"body": data, "query_params": texts}
        event["path_params"] = {**event["path_params"], **texts}
        asked = harness.invoker.invoke(function_id, event)
        await harness.invoker.reply(asked, harness.pace.handler)
        refused = harness.baseline.knowledge.functions[function_id].refused
        pairs.append(Asked(plain, asked, bool(data) and {} in refused))
    return tuple(pairs)


def routes(harness: Harness) -> dict[str, Any]:
    """The functions behind HTTP triggers that may be invoked freely, with the configs of these."""
    bodies = (r.message.json for r in harness.talk.registrations if r.kind == "registertrigger")
    found = {
        str(body["function_id"]): body.get("config")
        for body in bodies
        if body.get("trigger_type") == "http" and body.get("function_id")
    }
    return {name: config for name, config in found.items() if not is_risky(name)}


def _plain_example(harness: Harness, function_id: str) -> dict[str, Any] | None:
    """Data that the function takes, if there is any that is not itself a request."""
    learned = harness.baseline.knowledge.functions.get(function_id)
    if learned is None or learned.depth < Depth.RESULT:
        return None
    parts = {"path_params", "query_params", "body"}
    plain = (one for one in learned.examples if isinstance(one, dict) and not parts & set(one))
    return next(plain, None)


# -- kept, and refused -----------------------------------------------------------------------------


@trial(Worker.CALLING)
async def kept_and_refused(harness: Harness) -> tuple[Refused, ...]:
    """Let functions store something three times, and then refuse to store it.

    The first time may differ from all others: it stores what was not there before.
    """
    found: list[Refused] = []
    for relay in (r for r in harness.invoker.relays("call") if r.target in WRITES):
        made: list[Invocation] = []
        for refused in (False, False, False, True):
            answer = _refuse if refused else HeldCall.let_go
            harness.gateway.holder = Holder(relay.concerns, answer)
            made.append(harness.invoker.invoke(relay.function_id, relay.data))
            await harness.invoker.reply(made[-1], harness.pace.handler)
        found.append(Refused(made[1], made[3], again=made[2]))
    return tuple(found)


def _refuse(call: HeldCall) -> None:
    call.fail(*REFUSED)
