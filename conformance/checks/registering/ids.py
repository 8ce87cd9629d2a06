"""Each registration is made once, and unregistered by its id."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.starting import Absence, engine_comes_late
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.conversation import REGISTRATIONS
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, Message


@check("REG-012", engine_comes_late)
def registers_offline_once(record: Record[Absence]) -> Finding:
    """Early registrations are both queued and kept for replays, and may be sent from both."""
    if not record.result.appeared:
        return inconclusive("it did not connect to an engine that came late: see CON-004")
    if record.result.missing is not None:
        return broken(
            expected="all that it registers, on its first connection to an engine that came late",
            seen=f"it {record.result.missing}",
            events=record.events[-4:],
            remedy="Keep what is registered while there is no connection, and send it on connect.",
        )
    counts = Counter((r.message.connection, r.kind, repr(r.id)) for r in record.talk.registrations)
    taken_back = {(kind, repr(json.loads(key))) for kind, key in record.talk.unregistered}
    twice = [k for k, count in counts.items() if count > 1 and k[1:] not in taken_back]
    if twice:
        events = [
            r.message
            for r in record.talk.registrations
            if (r.message.connection, r.kind, repr(r.id)) == twice[0]
        ]
        return broken(
            expected="each registration once on a first connection to an engine that came late",
            seen=f"{twice[0][1]} {twice[0][2]} came {counts[twice[0]]} times",
            events=tuple(events[:3]),
            remedy="Either queue a registration or replay it, not both.",
        )
    if not counts:
        return not_applicable("it registers nothing")
    return kept(f"{len(counts)} registrations, each once")


@always("REG-002", "registrations", not_applicable("it registers nothing"), skip_broken=True)
def registers_each_id_once(record: Record[Any]) -> Iterator[Finding | None]:
    """A second registration of an id on a connection silently replaces the first.

    REC-009 covers what is registered twice after a reconnect.
    """
    seen: dict[tuple[int, str, str], Message] = {}
    taken_back = _unregistered(record)
    for entry in record.talk.registrations:
        if not isinstance(entry.id, str):
            continue
        first = seen.setdefault((entry.message.connection, entry.kind, entry.id), entry.message)
        once = first is entry.message or (entry.kind, json.dumps(entry.id)) in taken_back
        yield (
            None
            if once
            else broken(
                expected="each id registered once on a connection",
                seen=f"{entry.kind} {as_json(entry.id)} came again",
                events=(first, entry.message),
                remedy="Queue registrations made before the connection is open, "
                "or replay them on connect; not both.",
            )
        )


def _unregistered(record: Record[Any]) -> set[tuple[str, str]]:
    return {
        (KINDS[message.type], json.dumps(message.json.get("id")))
        for message in record.talk.messages()
        if message.type in KINDS
    }


BRIEF = {"api_path": "/conformance/brief", "http_method": "GET"}


@trial(Worker.OWN)
async def taking_back(harness: Harness) -> None:
    """Make the worker register and unregister a function and, if it can, a trigger."""
    register, unregister = harness.invoker.part("register"), harness.invoker.part("unregister")
    if register.found or unregister.found:
        raise Inconclusive("what it takes back was seen when its functions were found")
    await harness.worker.start()
    await harness.presence.ready()
    for part in (register, unregister):
        await harness.invoker.reply(harness.invoker.invoke(part.function_id, {"id": "brief"}))
    if not harness.invoker.plays("bind") or not harness.invoker.plays("unbind"):
        return
    bound = harness.invoker.invoke(harness.invoker.role("bind"), {"type": "http", "config": BRIEF})
    answer = await harness.invoker.reply(bound)
    result = answer.json.get("result") if answer is not None else None
    if isinstance(result, dict):
        await harness.invoker.reply(
            harness.invoker.invoke(harness.invoker.role("unbind"), {"id": result.get("id")})
        )


KINDS = {undo: kind for kind, undo in REGISTRATIONS.items()}
"""What each message unregisters."""


@always("REG-013", "registrations taken back", inconclusive("it took nothing back"))
def takes_back_what_it_registered(record: Record[Any]) -> Iterator[Finding | None]:
    """The engine ignores the removal of an unknown id, and what was meant stays registered."""
    held = {(entry.kind, json.dumps(entry.id)): entry for entry in record.talk.registrations}
    for message in record.talk.messages():
        kind = KINDS.get(str(message.type))
        if kind is None:
            continue
        entry = held.get((kind, json.dumps(message.json.get("id"))))
        type_id = message.json.get("trigger_type")
        if entry is None and _is_given(record, message):
            continue  # a function that unregisters what a caller names is not to blame
        if entry is None:
            seen = (
                f"{message.type} with the id {as_json(message.json.get('id'))}, which nothing has"
            )
        elif kind == "registertrigger" and type_id != entry.message.json.get("trigger_type"):
            seen = f"{message.type} {as_json(entry.id)} with the trigger_type {as_json(type_id)}"
        else:
            yield None
            continue
        yield broken(
            expected=f"{message.type} with the id that was registered, and a trigger's type",
            seen=seen,
            events=(message,) if entry is None else (entry.message, message),
            remedy="Take back under the id of the registration; without its type, no provider "
            "hears of a trigger.",
        )


def _is_given(record: Record[Any], message: Message) -> bool:
    """Whether the engine named the id of a message before the worker sent it."""
    named = json.dumps(message.json.get("id")).encode()
    return any(
        named in earlier.data
        for earlier in record.talk.messages(direction=Direction.FROM_ENGINE)
        if earlier.at <= message.at
    )


@check("REG-013", taking_back)
def takes_back_by_id(record: Record[None]) -> Finding:
    """The engine finds what to remove by its id, and the provider of a trigger by its type."""
    wanted = [("unregisterfunction", "conformance::extra::brief")]
    wanted += [
        ("unregistertrigger", str(r.id))
        for r in record.talk.registrations
        if r.kind == "registertrigger" and r.message.json.get("config") == BRIEF
    ]
    sent = {
        (m.type, str(m.json.get("id"))): m for m in record.talk.messages() if m.type is not None
    }
    for kind, identity in wanted:
        message = sent.get((kind, identity))
        if message is None:
            return broken(
                expected=f"{kind} with the id {as_json(identity)}",
                seen="no such message",
                remedy=f"Send {kind} with the id that was registered.",
            )
        if kind == "unregistertrigger" and message.json.get("trigger_type") != "http":
            return broken(
                expected="the trigger_type of the trigger, http, beside its id",
                seen=as_json(message.json.get("trigger_type")),
                events=(message,),
                remedy="Send trigger_type with unregistertrigger: without it no provider hears.",
            )
    return kept(f"{len(wanted)} registrations were taken back by their ids")
