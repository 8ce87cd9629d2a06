"""Calls that a worker makes while it has no connection."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from conformance.checks.stimuli.calling import PATIENCE, ask, calls_of, given_up, through
from conformance.checks.stimuli.returning import back
from conformance.checks.stimuli.ways import OUTAGE, engine_gone
from conformance.trials.harness import Harness
from conformance.trials.holding import Holder
from conformance.trials.learning.knowledge import Relay
from conformance.trials.load import load_factor
from conformance.trials.trial import Worker, trial

NOTHING = "conformance::given-nothing"

DELAY = 800
"""Milliseconds after which a worker is to call: long enough to cut off a slow worker before it
calls, and short enough for it to call, and give up, during the outage."""

KEPT, EXPIRED = "conformance::kept-for-later", "conformance::given-up"

CUTS = 3
"""How often the worker is asked to call later, at most, until it is cut off before it does: a busy
machine may take longer than the delay, which is longer each time."""


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
    kept_call: str = KEPT
    expired: str = EXPIRED
    most: int = 1
    relay: Relay | None = None
    until: float = math.inf
    limit: float | None = None
    returned: float | None = None
    unsent: int = 0


SHORT = 3.0
"""Seconds after which calls end that are looked at below the full level: the outage that shows what
becomes of them then is longer still."""

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
        through(harness, relay)
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
    errand = through(harness, relay)
    await given_up(harness, errand, PATIENCE if harness.settings.full else SHORT)
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
    await ask(harness, {"function_id": NOTHING})
    offline = Offline(0.0, None)
    for number in range(1, CUTS + 1):
        offline = replace(offline, kept_call=f"{KEPT}-{number}", expired=f"{EXPIRED}-{number}")
        # The outage is longer on a crowded machine, too.
        delay = int(number * DELAY * load_factor())
        asked = harness.transcript.now()
        for function_id, patience in ((offline.kept_call, 20_000), (offline.expired, 150)):
            data = {"function_id": function_id, "data": {}, "delay_ms": delay}
            harness.invoker.invoke(call, {**data, "timeout_ms": patience})
        await harness.invoker.pulse()
        if harness.transcript.now() - asked < delay / 2000:
            break
    before = set(harness.workers)
    at = harness.transcript.now()
    await engine_gone(harness, patient=True, seconds=number * OUTAGE)
    fresh = await back(harness, before)
    if not fresh:
        return replace(offline, at=at)
    await harness.presence.present(harness.pace.reply)
    await harness.until(lambda: calls_of(harness.talk, offline.kept_call), harness.pace.reply)
    await harness.presence.settled()
    return replace(offline, at=at, back=min(harness.talk.first_message(n).at for n in fresh))
