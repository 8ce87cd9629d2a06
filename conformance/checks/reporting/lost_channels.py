"""Channels that are lost while a worker uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.checks.stimuli.answers import about
from conformance.checks.stimuli.channels import CHUNK, PARTS
from conformance.checks.stimuli.invoking import all_answered, takers
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, kept
from conformance.trials.harness import Harness
from conformance.trials.holding import HeldCall, Holder
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.modules.channel import READ, WRITE
from mock_engine.paths import CHANNELS

MANY = 8
"""Messages of 64 KiB written to a channel that is lost with the first of them. The whole call stays
below 1 MiB, because some SDKs before 0.24.6 cannot take more."""

CREATE = "engine::channels::create"

MOST_FUNCTIONS, MOST_MAKERS = 50, 2
"""Functions among which those that make a channel are looked for, and how many get none."""


@trial(Worker.CALLING)
async def channels_lost(harness: Harness) -> tuple[Invocation, ...]:
    """Make the worker write and read, as far as it can, and cut its ends in the middle of that.

    Without functions for that, those that make a channel get one that is not there.
    """
    invocations: list[Invocation] = []
    if harness.invoker.plays("write"):
        channel = harness.engine.channels.create()
        channel.read(lambda *_: _cut(harness, channel.id), harness.notify)
        parts = [{"text": "x" * CHUNK} for _ in range(MANY)]
        data = {"channel": channel.end(WRITE), "parts": parts}
        invocations.append(harness.invoker.invoke(harness.invoker.role("write"), data))
    if harness.invoker.plays("read"):
        unfinished = harness.engine.channels.create()
        unfinished.write(*PARTS[0])
        invocations.append(
            harness.invoker.invoke(harness.invoker.role("read"), {"channel": unfinished.end(READ)})
        )
        await harness.until(
            lambda: unfinished.deliver is not None or harness.invoker.replies(invocations[-1]),
            harness.pace.handler,
        )
        _cut(harness, unfinished.id)
    if not invocations:
        invocations += await _without_a_channel(harness)
    await all_answered(harness, invocations, harness.pace.handler)
    return tuple(invocations)


async def _without_a_channel(harness: Harness) -> list[Invocation]:
    """Answer those who make a channel with one that is gone when they open it.

    Raises:
        Inconclusive: no function makes one.
    """
    functions = harness.baseline.knowledge.functions
    makers = [
        (name, data)
        for name, data in takers(harness, MOST_FUNCTIONS)
        if CREATE in functions[name].calls
    ]
    if not makers:
        raise Inconclusive(
            "this takes a function that plays the part of conformance::write or ::read, or one "
            f"that calls {CREATE}"
        )

    def concerns(call: Mapping[str, Any]) -> bool:
        return call.get("function_id") == CREATE

    def lose(call: HeldCall) -> None:
        channel = harness.engine.channels.create()
        harness.engine.channels.forget(channel)
        call.answer({"writer": channel.end(WRITE), "reader": channel.end(READ)})

    harness.gateway.holder = holder = Holder(concerns, lose)
    asked: list[Invocation] = []
    try:
        for function_id, data in makers[:MOST_MAKERS]:
            asked.append(harness.invoker.invoke(function_id, data))
            await all_answered(harness, asked, harness.pace.handler)
        if not holder.calls:
            raise Inconclusive(f"none of its functions called {CREATE} again")
        # It may open the channel after its answer.
        await harness.until(lambda: not harness.worker.running, harness.pace.stray, patient=False)
        return asked
    finally:
        harness.gateway.release()


def _cut(harness: Harness, channel: str) -> None:
    """Cut the worker's connections to a channel, without a close frame."""
    for request in harness.talk.channel_requests:
        taken = harness.listener.connections.get(request.connection)
        if taken is not None and request.request.path == CHANNELS + channel:
            taken.cut()


@check("CHN-005", channels_lost)
def outlives_its_channels(record: Record[tuple[Invocation, ...]]) -> Finding:
    """The end of a channel can be opened only once, and the caller still waits for an answer."""
    silent = [i for i in record.result if not record.talk.answers(i.id)]
    if record.exit_code is not None:
        return broken(
            expected=f"a worker that goes on when the channel of {record.result[-1].function_id} "
            "is lost",
            seen=f"it ended with the exit code {record.exit_code}",
            events=about(record, record.result[-1])[:1],
            remedy=REMEDY,
        )
    if not silent:
        return kept(f"{len(record.result)} functions answered although their channel was lost")
    return broken(
        expected=f"an answer of {silent[0].function_id}, a result or an error, after its channel "
        "was lost",
        seen="no answer",
        events=about(record, silent[0])[:1],
        remedy=REMEDY,
    )


REMEDY = "Take the loss of a channel for its end, or for an error; do not wait for more."
