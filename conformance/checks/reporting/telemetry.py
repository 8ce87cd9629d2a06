"""Telemetry on a connection of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.checks.stimuli.always import always
from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.trials.conversation import TELEMETRY_PREFIXES, is_telemetry
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.faults import Reject, Upgrade, rule
from mock_engine.paths import TELEMETRY
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import Answered, Direction, Message, Requested

NONE = not_applicable("it sends no telemetry")

SWITCHING = 101
"""The status of an upgrade that succeeded."""


def _paths(record: Record[object]) -> dict[int, str]:
    return {e.connection: e.request.path for e in record.events if isinstance(e, Requested)}


def _sent(record: Record[object]) -> list[Message]:
    return [
        e for e in record.events if isinstance(e, Message) and e.direction is Direction.FROM_WORKER
    ]


@always("TEL-001", "messages of telemetry", NONE)
def telemetry_is_prefixed_json(record: Record[object]) -> Iterator[Finding | None]:
    """The engine recognises telemetry by its prefix, and drops what it cannot read.

    Many workers send telemetry every few seconds, and the rest when they end.
    """
    paths = _paths(record)
    for message in _sent(record):
        if paths.get(message.connection) != TELEMETRY and not is_telemetry(message):
            continue
        fault = _telemetry_fault(message)
        yield (
            None
            if fault is None
            else broken(
                expected="a binary message of OTLP, MTRC or LOGS and a JSON object in UTF-8",
                seen=f"{fault}: {shorten(as_json(message.data), 80)}",
                events=(message,),
                remedy="Put the prefix in front of the JSON of the export request.",
            )
        )


def _telemetry_fault(message: Message) -> str | None:
    if not message.binary:
        return "a text message"
    if not message.data.startswith(TELEMETRY_PREFIXES):
        return "no prefix"
    try:
        body = json.loads(message.data[len(TELEMETRY_PREFIXES[0]) :].decode())
    except ValueError:
        return "no JSON behind the prefix"
    return None if isinstance(body, dict) else "no JSON object behind the prefix"


@always("TEL-002", "messages of telemetry", NONE)
def telemetry_has_its_path(record: Record[object]) -> Iterator[Finding | None]:
    """On any other path, the engine takes the connection for a worker without registrations."""
    paths = _paths(record)
    for message in filter(is_telemetry, _sent(record)):
        path = paths.get(message.connection)
        yield (
            None
            if path == TELEMETRY
            else broken(
                expected=f"telemetry on a connection to {TELEMETRY}",
                seen=f"it went to {path}",
                events=(message,),
                remedy=f"Open the connection for telemetry on {TELEMETRY} of the engine's address.",
            )
        )


@trial(Worker.OWN)
async def telemetry_refused(harness: Harness) -> str | None:
    """Refuse connections for telemetry; return what the worker lacked then, if anything.

    An empty text means that it opens no such connection.
    """
    own = [r for r in harness.baseline.paths if r == TELEMETRY]
    if not own:
        return ""
    harness.listener.play((rule(Reject(), Upgrade(), path=TELEMETRY),))
    await harness.worker.start()
    if not await harness.presence.present(harness.pace.appearance):
        return f"it {harness.presence.missing()}"
    # It reacts to the refusal a moment later.
    await harness.until(lambda: _refused(harness) or not harness.worker.running, harness.pace.quiet)
    await harness.until(lambda: not harness.worker.running, harness.pace.quiet, patient=False)
    if not harness.worker.running:
        return "its process ended"
    if harness.baseline.pulse is not None and not await harness.invoker.pulse():
        return "it answered no invocation"
    return None


def _refused(harness: Harness) -> bool:
    """Whether a connection for telemetry was refused."""
    requests = harness.talk.requests
    return any(
        answered.status != SWITCHING and requests[answered.connection].request.path == TELEMETRY
        for answered in harness.transcript.of(Answered)
        if answered.connection in requests
    )


@check("TEL-003", telemetry_refused)
def works_without_telemetry(record: Record[str | None]) -> Finding:
    """Telemetry only observes a worker, which must also work without it."""
    if record.result == "":
        return NONE
    if record.result is None:
        return kept("it registered and answered although telemetry was refused")
    return broken(
        expected="a worker that serves although its connection for telemetry is refused",
        seen=record.result,
        events=record.events[-6:],
        remedy="Start telemetry beside the worker, and let none of its failures out.",
    )
