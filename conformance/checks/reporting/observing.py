"""Observers: functions that are notified of the calls of other functions, since 0.25."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.observing import (
    LOCAL,
    OBSERVE,
    Reconnected,
    living_observers,
    observing_again,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json

NEEDS = {
    "observe": OBSERVE,
    "unobserve": OBSERVE,
    "observerack": OBSERVE,
    "invocationsobserved": OBSERVE,
    "localinvocationstats": LOCAL,
}
"""Messages that need a feature, with the feature."""


OBSERVER = "0b7e1a52-0000-4000-8000-0000000000d1"


REVISION = 7


@dataclass(frozen=True, slots=True)
class ObserverAdded:
    """An observer that was added to a function of the worker."""

    function_id: str


@trial(Worker.OWN)
async def observed(harness: Harness) -> ObserverAdded | None:
    """Add an observer to one of the worker's functions, if it declares the feature."""
    if OBSERVE not in harness.baseline.features or not harness.baseline.functions:
        return None
    harness.engine.core.features = (OBSERVE, LOCAL)
    await harness.worker.start()
    await harness.presence.ready()
    function_id = next(iter(harness.baseline.functions))
    observer = {"id": OBSERVER, "args": {}, "filters": {}, "target": "conformance::observer"}
    observer |= {"capture": [], "on": "complete"}
    harness.send(
        harness.invoker.serving(function_id),
        {
            "type": "observeradded",
            "function_id": function_id,
            "namespace": "default",
            "id": OBSERVER,
            "revision": REVISION,
            "observer": observer,
        },
    )
    await harness.until(
        lambda: any(m.type == "observerack" for m in harness.talk.messages()), harness.pace.reply
    )
    return ObserverAdded(function_id)


@check("OBS-002", observed)
def accepts_observers(record: Record[ObserverAdded | None]) -> Finding:
    """The engine activates an observer once the owner of the function acknowledges it."""
    if record.result is None:
        return not_applicable(f"it does not declare the feature {OBSERVE}, or has no function")
    acks = [m for m in record.talk.messages() if m.type == "observerack"]
    wanted = {"function_id": record.result.function_id, "id": OBSERVER, "revision": REVISION}
    for ack in acks:
        if {name: ack.json.get(name) for name in wanted} == wanted:
            return kept("it acknowledged the observer", ack)
    return broken(
        expected=f"observerack with {as_json(wanted)}",
        seen=as_json({name: acks[0].json.get(name) for name in wanted})
        if acks
        else "no observerack",
        events=tuple(acks[:1]),
        remedy="Answer observeradded with the function, the id and the revision it names.",
    )


@check("OBS-003", observing_again)
def observes_again(record: Record[Reconnected | None]) -> Finding:
    """An observer ends with its connection, and code that holds its id may remove it later."""
    if record.result is None:
        return not_applicable("it observes no function")
    if not record.result.after:
        return inconclusive("it did not come back: see REC-014")
    before = living_observers(record.talk, record.result.before)
    after = living_observers(record.talk, record.result.after)
    missing = [observer for observer in before if observer not in after]
    if not missing:
        return kept(f"{len(before)} observers came again under their ids")
    return broken(
        expected=f"the observer {as_json(missing[0])} again on the new connection",
        seen=f"{', '.join(map(repr, after)) or 'none'}",
        events=(before[missing[0]], *list(after.values())[:2]),
        remedy="Keep each observer with its id, and send `observe` again once the greeting of a "
        "new connection has the feature.",
    )


@always(
    "OBS-001",
    "messages of features",
    not_applicable("it uses none of the features of 0.25"),
)
def declares_what_it_uses(record: Record[object]) -> Iterator[Finding | str]:
    """An engine drops messages of a feature that the worker did not declare."""
    for message in record.talk.messages():
        feature = NEEDS.get(message.type or "")
        if feature is None:
            continue
        calls = record.talk.announcements(message.connection)
        data = calls[0].json.get("data") if calls else None
        declared = data.get("features") if isinstance(data, dict) else None
        if isinstance(declared, list) and feature in declared:
            yield str(message.type)
            continue
        yield broken(
            expected=f"the feature {feature} in the announcement of a worker that sends "
            f"{message.type}",
            seen=f"{message.type} with the features {as_json(declared)}",
            events=(message,),
            remedy="Send `features` with engine::workers::register.",
        )
