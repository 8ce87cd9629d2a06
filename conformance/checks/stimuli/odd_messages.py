"""Messages that a worker does not expect."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

Stimulus = Callable[[Harness, int], str | None]
"""Sends something on a connection; returns the id of an invocation that must be answered."""


@dataclass(frozen=True, slots=True)
class Survival:
    """What came of a stimulus, and the messages that show it.

    ``heard`` is whether the worker listened afterwards, ``alive`` whether its process ran,
    ``unanswered`` how many invocations that it had to answer it did not.
    """

    heard: bool
    alive: bool
    unanswered: int
    events: tuple[Message, ...]


def _text(text: str) -> Stimulus:
    return lambda harness, number: harness.connection(number).send_text(text.encode())


def _binary(data: bytes) -> Stimulus:
    return lambda harness, number: harness.connection(number).send_binary(data)


def _invocation_with(**fields: object) -> Stimulus:
    def send(harness: Harness, number: int) -> str:
        invocation_id = str(uuid.uuid4())
        message: dict[str, object] = {
            "type": "invokefunction",
            "invocation_id": invocation_id,
            "function_id": harness.baseline.pulse,
            "data": {},
        }
        harness.send(number, message | fields)
        return invocation_id

    return send


_unknown_fields = _invocation_with(x_unheard_of={"nested": [1, None, "text"]}, caller=None)


_nulls = _invocation_with(
    namespace=None, metadata=None, traceparent=None, baggage=None, action=None
)


MALFORMED: tuple[dict[str, object], ...] = (
    {},
    {"type": None},
    {"type": 5},
    {"type": ["ping"]},
    {"type": "invokefunction"},
    {"type": "invokefunction", "function_id": 7, "data": {}},
    {"type": "invocationresult"},
    {"type": "invocationresult", "invocation_id": 5, "function_id": None},
    {"type": "invocationresult", "invocation_id": "no-uuid", "function_id": "a", "error": "text"},
    {"type": "triggerregistrationresult", "id": "a", "error": "text"},
    {"type": "registertrigger"},
    {"type": "unregistertrigger"},
)
"""Objects that lack what their type needs, or have it in another form."""


STIMULI: dict[str, tuple[Stimulus, ...]] = {
    "FRM-003": (
        _text('{"type":"x_unheard_of","id":1}'),
        _text('{"type":"InvokeFunction","function_id":"a"}'),
        _text('{"type":"functionregistered","id":"a::b","revision":0}'),
    ),
    "FRM-004": (_unknown_fields,),
    "FRM-005": (_text("{"), _text('{"type":"invokefunction",'), _text("not json at all")),
    "FRM-006": (_text(""), _text("  ")),
    "FRM-007": (_binary(b"\x00\xff\xfe\x80"), _binary(b""), _binary(b"OTLP{}")),
    "FRM-009": (_nulls,),
    "FRM-008": tuple(_text(json.dumps(value)) for value in ([1, 2], None, 42, "text", True, [])),
    "FRM-011": tuple(_text(json.dumps(value)) for value in MALFORMED),
    "FRM-012": (
        _invocation_with(traceparent="", baggage=""),
        _invocation_with(traceparent="no trace", baggage="no=,;bag gage"),
        _invocation_with(baggage=""),
    ),
}
"""What is sent, by the requirement that says that a worker survives it."""


MAY_RETURN = ("FRM-011",)
"""Where a worker may part with the connection, if it comes back: no engine sends these."""


@trial(Worker.OWN)
async def odd_messages(harness: Harness) -> dict[str, Survival]:
    """Send each stimulus in turn; a worker that goes deaf is replaced for the next one."""
    survived: dict[str, Survival] = {}
    await harness.worker.start()
    await harness.presence.ready()
    for requirement, sends in STIMULI.items():
        if survived and not list(survived.values())[-1].heard:
            await harness.restart()
        if not await harness.invoker.pulse():
            break
        survived[requirement] = await _survival(harness, sends, requirement in MAY_RETURN)
    return survived


async def _survival(harness: Harness, sends: tuple[Stimulus, ...], may_return: bool) -> Survival:
    began = len(harness.transcript.events)
    number = harness.workers[0]
    invocation_ids: list[str] = []
    for send in sends:
        if number in harness.workers:
            invocation_id = send(harness, number)
            invocation_ids += [invocation_id] if invocation_id is not None else []
    heard = (
        number in harness.workers and await harness.invoker.pulse() and number in harness.workers
    )
    if may_return and number not in harness.workers:
        heard = (
            await harness.presence.present(harness.pace.reconnect) and await harness.invoker.pulse()
        )

    def unanswered() -> int:
        return sum(not harness.talk.answers(invocation_id) for invocation_id in invocation_ids)

    if heard and invocation_ids:
        await harness.until(lambda: not unanswered(), harness.pace.reply)
    happened = [e for e in harness.transcript.events[began:] if isinstance(e, Message)]
    return Survival(heard, harness.worker.running, unanswered(), tuple(happened))
