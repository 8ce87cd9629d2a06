"""Requests to a worker that is back after a loss, to see whether it serves as before."""

from __future__ import annotations

from dataclasses import dataclass

from websockets.frames import Opcode

from conformance.checks.stimuli.invoking import own_samples
from conformance.errors import WorkerMissing
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.pings import pongs
from mock_engine.wire import Frame

MOST = 10
"""Functions invoked again after a loss; a handler table is lost as a whole, or not at all."""


EXTRA = "conformance::extra::1"
"""A function that the worker registered while it was running, if it was asked to."""


PAYLOAD = b"back again?"


OFFER = "5b0d5b2e-0000-4000-8000-0000000000b3"


TARGET = "conformance::somebody"


@dataclass(frozen=True, slots=True)
class Service:
    """Invocations, the connections that were pinged, and the type of the offered trigger."""

    invocations: tuple[Invocation, ...]
    pinged: tuple[int, ...]
    offered: str | None


async def serve(harness: Harness, *, thoroughly: bool) -> Service:
    """Invoke, ping, and offer a trigger; ``thoroughly``: invoke the worker's own functions, too.

    Raises:
        Inconclusive: the worker is gone again.
    """
    live = harness.talk.reachable_workers
    if not live:
        raise WorkerMissing("the engine closed the worker's new connection by itself")
    invocations = []
    if harness.baseline.pulse is not None:
        invocations.append(harness.invoker.invoke(harness.baseline.pulse, {}))
    if any(harness.talk.serves(number, EXTRA) for number in live):
        invocations.append(harness.invoker.invoke(EXTRA, {"again": True}))
    if thoroughly:
        invocations += [
            harness.invoker.invoke(function_id, data)
            for function_id, data in own_samples(harness, MOST)
            if any(harness.talk.serves(number, function_id) for number in live)
        ]
    pinged = tuple(live)
    for number in pinged:
        harness.connection(number).send_frame(Frame(Opcode.PING, PAYLOAD))
    provided = _provided(harness)
    if provided is not None:
        harness.send(provided[0], {**_offer(provided[1]), "function_id": TARGET, "config": {}})

    def served() -> bool:
        answered = all(harness.invoker.replies(invocation) for invocation in invocations)
        ponged = all(pongs(harness.transcript.events, number, PAYLOAD) for number in pinged)
        return answered and ponged and (provided is None or _accepted(harness, provided[0]))

    within = harness.invoker.patience(invocations) if thoroughly else harness.pace.reply
    await harness.until(lambda: served() or not harness.worker.running, within)
    if provided is not None and provided[0] in harness.talk.reachable_workers:
        harness.send(provided[0], {**_offer(provided[1]), "type": "unregistertrigger"})
    return Service(tuple(invocations), pinged, None if provided is None else provided[1])


def _provided(harness: Harness) -> tuple[int, str] | None:
    """A connection and the id of a trigger type that is registered on it."""
    live = harness.talk.reachable_workers
    for registration in harness.talk.registrations:
        number = registration.message.connection
        if (
            registration.kind == "registertriggertype"
            and number in live
            and isinstance(registration.id, str)
        ):
            return number, registration.id
    return None


def _offer(type_id: str) -> dict[str, object]:
    return {"type": "registertrigger", "id": OFFER, "trigger_type": type_id}


def _accepted(harness: Harness, number: int) -> bool:
    return any(
        message.type == "triggerregistrationresult" and message.json.get("id") == OFFER
        for message in harness.talk.messages(number)
    )
