"""Messages that a worker does not expect."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.holding import Holder
from conformance.trials.invoker import BRIEFLY
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

Answered = Callable[[Conversation], bool]
"""Whether, in a conversation, a stimulus was answered as it must be."""

Stimulus = Callable[[Harness, int], Answered | None]
"""Sends something on a connection; returns how its answer is recognised, if it must have one."""


@dataclass(frozen=True, slots=True)
class Survival:
    """The outcome of a stimulus, and the messages that show it.

    ``heard`` is whether the worker was responsive afterwards, ``alive`` whether its process was
    running, ``unanswered`` how many messages it should have answered and did not.
    """

    heard: bool
    alive: bool
    unanswered: int
    events: tuple[Message, ...]


def _text(text: str) -> Stimulus:
    return lambda harness, number: harness.connection(number).send_text(text.encode())


def _binary(data: bytes) -> Stimulus:
    return lambda harness, number: harness.connection(number).send_binary(data)


def _message(**fields: object) -> Stimulus:
    return _text(json.dumps(fields))


def _invocation_with(**fields: object) -> Stimulus:
    def send(harness: Harness, number: int) -> Answered:
        invocation_id = str(uuid.uuid4())
        # One that reaches a handler shows more than one of a function that nobody has.
        function_id, data = harness.invoker.answering() or (harness.baseline.pulse, {})
        message: dict[str, object] = {
            "type": "invokefunction",
            "invocation_id": invocation_id,
            "function_id": function_id,
            "data": data,
        }
        harness.send(number, message | fields)
        return lambda talk: bool(talk.answers(invocation_id))

    return send


def _offer_with(**fields: object) -> Stimulus:
    """Offers a trigger to a worker that provides a type, and takes it back."""

    def send(harness: Harness, number: int) -> Answered | None:
        own = [r for r in harness.talk.registrations if r.kind == "registertriggertype"]
        provided = [r.id for r in own if r.message.connection == number and isinstance(r.id, str)]
        if not provided:
            return None
        trigger = {"id": str(uuid.uuid4()), "trigger_type": provided[0]}
        offer = {**trigger, "type": "registertrigger", "function_id": NOBODY, "config": {}}
        harness.send(number, offer | fields)
        harness.send(number, {**trigger, "type": "unregistertrigger", **fields})
        return lambda talk: any(
            message.type == "triggerregistrationresult" and message.json.get("id") == trigger["id"]
            for message in talk.messages(number)
        )

    return send


def _answer_with(**fields: object) -> Stimulus:
    """Answers a call that a function of the worker makes by itself, if one is known.

    It answers twice as engines do, and then with additional ``fields``. A function whose first two
    answers are alike, and whose third differs, did not accept the last one: it reports a call that
    failed.
    """

    def send(harness: Harness, number: int) -> Answered | None:
        relay = harness.invoker.relay("call")
        if relay is None or harness.invoker.serving(relay.function_id) != number:
            return None
        plain: dict[str, object] = {"result": None}
        bodies = iter((plain, plain, {**plain, **fields}))
        harness.gateway.holder = Holder(
            relay.concerns, lambda call: call.reply(next(bodies, plain))
        )
        made = [harness.invoker.invoke(relay.function_id, relay.data) for _ in range(3)]

        def answered(talk: Conversation) -> bool:
            first, second, odd = (_shape(talk, invocation.id) for invocation in made)
            return None not in (first, second, odd) and (first != second or first == odd)

        return answered

    return send


def _shape(talk: Conversation, invocation_id: str) -> tuple[str, ...] | None:
    """The members of an answer, and its result if that is an object; ``None`` without an answer."""
    answers = talk.answers(invocation_id)
    if not answers:
        return None
    body = answers[0].json
    result = body.get("result")
    return (*sorted(body), *(sorted(result) if isinstance(result, dict) else ()))


NOBODY = "conformance::somebody"
"""A function of no worker, with a trigger that is never to fire."""

UNKNOWN: dict[str, object] = {"x_unheard_of": {"nested": [1, None, "text"]}}

RESULT = {"type": "triggerregistrationresult", "id": "a", "trigger_type": "http"}
"""What the engine says about a trigger that belongs to nobody."""


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
    "FRM-004": (
        _invocation_with(**UNKNOWN, caller=None),
        _offer_with(**UNKNOWN),
        _answer_with(**UNKNOWN),
        _message(**RESULT, function_id="a::b", **UNKNOWN),
        _message(type="ping", **UNKNOWN),
    ),
    "FRM-005": (_text("{"), _text('{"type":"invokefunction",'), _text("not json at all")),
    "FRM-006": (_text(""), _text("  ")),
    "FRM-007": (_binary(b"\x00\xff\xfe\x80"), _binary(b""), _binary(b"OTLP{}")),
    "FRM-009": (
        _invocation_with(
            namespace=None, metadata=None, traceparent=None, baggage=None, action=None
        ),
        _offer_with(namespace=None, metadata=None),
        _answer_with(error=None, traceparent=None, baggage=None),
    ),
    "FRM-008": tuple(_text(json.dumps(value)) for value in ([1, 2], None, 42, "text", True, [])),
    "FRM-011": tuple(_text(json.dumps(value)) for value in MALFORMED),
    "FRM-012": (
        _invocation_with(traceparent="", baggage=""),
        _invocation_with(traceparent="no trace", baggage="no=,;bag gage"),
        _invocation_with(baggage=""),
    ),
}
"""What is sent, by the requirement to survive it."""


MAY_RETURN = ("FRM-011",)
"""Requirements where a worker may drop the connection, if it comes back: no engine sends these."""


@trial(Worker.OWN)
async def odd_messages(harness: Harness) -> dict[str, Survival]:
    """Send each stimulus in turn; a worker that hangs is replaced for the next one.

    One that hung is given less time for each of the others.
    """
    survived: dict[str, Survival] = {}
    await harness.worker.start()
    await harness.presence.ready()
    for requirement, sends in STIMULI.items():
        if survived and not list(survived.values())[-1].heard:
            await harness.restart()
        if not await harness.invoker.pulse():
            break
        hung = not all(each.heard for each in survived.values())
        patience = BRIEFLY if hung else harness.pace.reply
        may_return = requirement in MAY_RETURN
        survived[requirement] = await _survival(harness, sends, patience, may_return=may_return)
    return survived


async def _survival(
    harness: Harness, sends: tuple[Stimulus, ...], patience: float, *, may_return: bool
) -> Survival:
    began = len(harness.transcript.events)
    number = harness.workers[0]
    answered: list[Answered] = []
    for send in sends:
        if number in harness.workers:
            told = send(harness, number)
            answered += [told] if told is not None else []
    heard = (
        number in harness.workers
        and await harness.invoker.pulse(patience)
        and number in harness.workers
    )
    if may_return and number not in harness.workers:
        heard = (
            await harness.presence.present(harness.pace.reconnect) and await harness.invoker.pulse()
        )

    def unanswered() -> int:
        return sum(not each(harness.talk) for each in answered)

    if heard and answered:
        await harness.until(lambda: not unanswered(), harness.pace.reply)
    harness.gateway.release()
    happened = [e for e in harness.transcript.events[began:] if isinstance(e, Message)]
    return Survival(heard, harness.worker.running, unanswered(), tuple(happened))
