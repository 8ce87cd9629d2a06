"""Framing: every message a worker sends is one the engine can read, and it survives any it gets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from conformance.checks.losing import first_series
from conformance.checks.ready import looking_back
from conformance.checks.shutting import terminated
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import TELEMETRY_PREFIXES, is_telemetry
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import shorten
from mock_engine.transcript import NOT_JSON, Direction, Message
from schemas import Direction as SchemaDirection
from schemas import messages, validate

ENGINE_READS = (looking_back, first_series, terminated)
"""The trials whose traffic is read word by word: the first run, a reconnect, a shutdown."""


def _sent(records: tuple[Record[object], ...]) -> list[Message]:
    return [message for record in records for message in record.talk.messages()]


@check("FRM-001", *ENGINE_READS)
def sends_objects_with_a_type(*records: Record[object]) -> Finding:
    """The engine drops anything else without a word."""
    sent = _sent(records)
    for message in sent:
        fault = _shape_fault(message)
        if fault is not None:
            return broken(
                expected="one JSON object a message, with a lower-case `type`",
                seen=fault,
                events=(message,),
                remedy="Serialise with a JSON library that refuses NaN and Infinity.",
            )
    return kept(f"{len(sent)} messages read") if sent else inconclusive("it sent nothing")


def _shape_fault(message: Message) -> str | None:
    if message.json is NOT_JSON:
        return f"a message that is no JSON: {shorten(repr(message.data), 160)}"
    if not isinstance(message.json, dict):
        return f"a JSON {type(message.json).__name__}, not an object"
    if message.type is None:
        return "an object without a `type` that is text"
    if message.type != message.type.lower():
        return f"the type {message.type!r}, not in lower case"
    return None


@check("FRM-002", *ENGINE_READS)
def sends_valid_messages(*records: Record[object]) -> Finding:
    """Every message is held against the schema of its type."""
    sent = [message for message in _sent(records) if _shape_fault(message) is None]
    for message in sent:
        violations = validate(SchemaDirection.WORKER_TO_ENGINE, message.json)
        if violations:
            told = "; ".join(f"{v.path or '/'}: {v.message}" for v in violations[:3])
            return broken(
                expected=f"a valid {message.type} message ({violations[0].rule})",
                seen=told,
                events=(message,),
                remedy="The engine drops a message it cannot decode, and its sender waits.",
            )
    return kept(f"{len(sent)} messages valid") if sent else inconclusive("it sent no JSON object")


@check("FRM-010", *ENGINE_READS)
def keeps_off_the_prefixes_of_telemetry(*records: Record[object]) -> Finding:
    """The engine takes what begins with one of them for telemetry, and drops it."""
    sent = 0
    for record in records:
        for message in record.events:
            if not isinstance(message, Message) or message.direction is Direction.FROM_ENGINE:
                continue
            sent += 1
            if is_telemetry(message) and _is_protocol(message.data[len(TELEMETRY_PREFIXES[0]) :]):
                return broken(
                    expected="messages of the protocol without a prefix of telemetry",
                    seen=shorten(repr(message.data), 100),
                    events=(message,),
                    remedy="OTLP, MTRC and LOGS are for telemetry on /otel alone.",
                )
    if not any(record.talk.workers for record in records):
        return inconclusive("no worker spoke")
    return kept(f"{sent} messages read")


def _is_protocol(data: bytes) -> bool:
    try:
        message = json.loads(data)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") in messages(
        SchemaDirection.WORKER_TO_ENGINE
    )


Send = Callable[[Harness, int], str | None]
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


def _text(text: str) -> Send:
    return lambda harness, number: harness.connection(number).send_text(text.encode())


def _binary(data: bytes) -> Send:
    return lambda harness, number: harness.connection(number).send_binary(data)


def _invocation_with(**fields: object) -> Send:
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

STIMULI: dict[str, tuple[Send, ...]] = {
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


async def _survival(harness: Harness, sends: tuple[Send, ...], may_return: bool) -> Survival:
    began = len(harness.transcript.events)
    number = harness.workers[0]
    asked: list[str] = []
    for send in sends:
        if number in harness.workers:
            invocation_id = send(harness, number)
            asked += [invocation_id] if invocation_id is not None else []
    heard = (
        number in harness.workers and await harness.invoker.pulse() and number in harness.workers
    )
    if may_return and number not in harness.workers:
        heard = (
            await harness.presence.present(harness.pace.reconnect) and await harness.invoker.pulse()
        )

    def unanswered() -> int:
        return sum(not harness.talk.answers(invocation_id) for invocation_id in asked)

    if heard and asked:
        await harness.until(lambda: not unanswered(), harness.pace.reply)
    happened = [e for e in harness.transcript.events[began:] if isinstance(e, Message)]
    return Survival(heard, harness.worker.running, unanswered(), tuple(happened))


def _survives(requirement: str, what: str) -> None:
    @check(requirement, odd_messages)
    def survives(record: Record[dict[str, Survival]]) -> Finding:
        survival = record.result.get(requirement)
        if survival is None:
            return inconclusive("the worker stopped answering before this was tried")
        stimulus = [e for e in survival.events if e.direction is Direction.FROM_ENGINE]
        if survival.heard and survival.unanswered:
            return broken(
                expected=f"an answer to an invocation with {what}",
                seen="none",
                events=tuple(stimulus[:3]),
                remedy="Read of an invocation what you need, and pass over the rest.",
            )
        if survival.heard:
            return kept(f"it went on after {what}")
        state = "no longer listens" if survival.alive else "ended"
        return broken(
            expected=f"a worker that ignores {what} and goes on",
            seen=f"its process {state}" if not survival.alive else f"it {state} on that connection",
            events=tuple(stimulus[:3]) + survival.events[-3:],
            remedy="Catch errors for each message, inside the receive loop, and log them.",
        )


_survives("FRM-003", "a message of an unknown type")
_survives("FRM-004", "unknown fields in a message")
_survives("FRM-005", "text that is no JSON")
_survives("FRM-006", "an empty text message")
_survives("FRM-007", "binary data that is no message")
_survives("FRM-008", "JSON that is no object")
_survives("FRM-009", "null for optional fields")
_survives("FRM-011", "messages that lack what their type needs")
_survives("FRM-012", "a trace context that is empty or none")
