"""Handling: what becomes of invocations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from websockets.frames import Frame, Opcode

from conformance.checks.ready import looking_back, pongs
from conformance.conversation import Conversation
from conformance.samples import sample
from conformance.stage import ABSENT, Invocation, Stage
from conformance.trial import Record, Trial, Worker, check, trial
from conformance.verdict import Finding, broken, kept, not_applicable, unproven
from mock_engine.transcript import Direction, Message

NOT_FOUND = "function_not_found"
MOST_FUNCTIONS = 200
MOST_PAIRS = 50
"""Functions invoked once, and twice over; a worker of thousands shows nothing more with the rest,
but its other trials would wait for it."""

WELL_KNOWN = "conformance::"


@dataclass(frozen=True, slots=True)
class Round:
    """One invocation of each registered function, and one of a function nobody registered."""

    known: tuple[Invocation, ...]
    unknown: Invocation


@trial(Worker.SHARED)
async def every_function(stage: Stage) -> Round:
    """Invoke each registered function once, with a sample of its request format.

    Of thousands the first ``MOST_FUNCTIONS`` are invoked. Of the well-known functions only
    ``echo`` is: the others have trials of their own.
    """
    unknown = stage.invoke(ABSENT, {"some": "data"})
    chosen = [
        (function_id, body)
        for function_id, body in stage.baseline.functions.items()
        if not function_id.startswith(WELL_KNOWN) or function_id == f"{WELL_KNOWN}echo"
    ][:MOST_FUNCTIONS]
    known = tuple(stage.invoke(name, sample(body.get("request_format"))) for name, body in chosen)
    await stage.reply(unknown)
    await stage.until(
        lambda: all(stage.replies(invocation) for invocation in known) or not stage.process.running,
        stage.pace.handler,
    )
    return Round(known, unknown)


@check("INV-014", every_function)
def tells_invocations_apart(record: Record[Round]) -> Finding:
    """A worker that says the same to everything cannot be judged by what it says."""
    played = record.result
    first = {i: record.talk.answers(i.id)[:1] for i in (*played.known, played.unknown)}
    answers = [answer for found in first.values() for answer in found]
    remedy = "Look up the function that function_id names, run it, and send what it returns."
    if not answers:
        if played.known:
            return unproven("it answered no invocation: see INV-001")
        return broken(
            expected="an answer to an invocation",
            seen="none, and it registers no function that could answer",
            events=_about(record, played.unknown),
            remedy=remedy,
        )
    codes = {json.dumps(_error_code(answer)) for answer in answers}
    honest = not played.known and codes == {json.dumps(NOT_FOUND)}
    if honest or len(codes) > 1 or "error" not in answers[0].json:
        return kept(f"{len(answers)} answers, not all alike")
    return broken(
        expected="different answers of a registered and of an unknown function",
        seen=f"the error code {codes.pop()} for all {len(answers)} invocations",
        events=tuple(answers[:3]),
        remedy=remedy,
    )


@check("INV-001", every_function)
def answers_for_its_functions(record: Record[Round]) -> Finding:
    """The engine sets no time limit: a caller waits for an answer that never comes."""
    if not record.result.known:
        return not_applicable("it registers no function")
    for invocation in record.result.known:
        answers = record.talk.answers(invocation.id)
        if not answers:
            return broken(
                expected=f"an invocationresult for {invocation.function_id}",
                seen="none",
                events=_about(record, invocation),
                remedy="Answer every invocation, with an error if need be. A function that takes "
                "longer needs --timeout-factor.",
            )
        if _error_code(answers[0]) == NOT_FOUND:
            return broken(
                expected=f"an answer of the function {invocation.function_id}, which it registered",
                seen=f"the error {NOT_FOUND}",
                events=_about(record, invocation),
                remedy="Look functions up under the id they were registered with.",
            )
    registered = len(record.baseline.functions)
    return kept(f"{len(record.result.known)} of {registered} functions were invoked and answered")


@check("INV-002", looking_back)
def answers_once(record: Record[object]) -> Finding:
    """A second answer may reach a caller that asked something else."""
    ids = [
        message.json["invocation_id"]
        for message in record.talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction" and message.json.get("invocation_id")
    ]
    answered = 0
    for invocation_id in ids:
        answers = record.talk.answers(invocation_id)
        answered += bool(answers)
        if len(answers) > 1:
            return broken(
                expected="one invocationresult an invocation",
                seen=f"{len(answers)} for {invocation_id}",
                events=tuple(answers[:4]),
                remedy="Send the result in one place, after the handler has returned or failed.",
            )
    if not answered:
        return unproven("it answered no invocation")
    return kept(f"{answered} invocations, each answered once")


@check("INV-003", every_function)
def echoes_the_function_id(record: Record[Round]) -> Finding:
    """The engine cannot read a result without its ``function_id``."""
    checked = 0
    for invocation in (*record.result.known, record.result.unknown):
        for answer in record.talk.answers(invocation.id):
            checked += 1
            if answer.json.get("function_id") != invocation.function_id:
                return broken(
                    expected=f"function_id {invocation.function_id!r} in the result",
                    seen=repr(answer.json.get("function_id")),
                    events=_about(record, invocation),
                    remedy="Copy function_id from the invocation into its result.",
                )
    return kept(f"{checked} results") if checked else unproven("it answered no invocation")


@check("INV-004", every_function)
def says_that_a_function_is_unknown(record: Record[Round]) -> Finding:
    """An engine and a worker may disagree for a moment about what is registered."""
    unknown = record.result.unknown
    answers = record.talk.answers(unknown.id)
    if answers and _error_code(answers[0]) == NOT_FOUND:
        return kept(f"the error {NOT_FOUND}", answers[0])
    return broken(
        expected=f"an invocationresult with error.code {NOT_FOUND!r}",
        seen=_described(answers[0]) if answers else "no answer",
        events=_about(record, unknown),
        remedy=f'Answer {{"error":{{"code":"{NOT_FOUND}","message":"…"}}}}.',
    )


@check("INV-005", every_function)
def reports_errors_with_code_and_message(record: Record[Round]) -> Finding:
    """The engine cannot read an error that lacks one of them."""
    errors = [
        (answer, answer.json["error"])
        for invocation in (*record.result.known, record.result.unknown)
        for answer in record.talk.answers(invocation.id)
        if answer.json.get("error") is not None
    ]
    for answer, error in errors:
        fault = _error_fault(error)
        if fault is not None:
            return broken(
                expected="an error object with code and message, both text",
                seen=fault,
                events=(answer,),
                remedy='Send {"code":"…","message":"…"}; code invocation_failed where none fits '
                "better.",
            )
    if not errors:
        return unproven("it reported no error")
    return kept(f"{len(errors)} errors, each with code and message", errors[0][0])


@dataclass(frozen=True, slots=True)
class Failure:
    """An invocation of a failing function with the error it was asked for."""

    invocation: Invocation
    code: str
    message: str


@trial(Worker.SHARED)
async def failing(stage: Stage) -> Failure:
    """Let the well-known function ``fail`` fail with a code of its own."""
    asked = {"code": "out_of_tea", "message": "the pot is empty"}
    invocation = stage.invoke(stage.role("fail"), asked)
    await stage.reply(invocation)
    return Failure(invocation, asked["code"], asked["message"])


@check("INV-006", failing)
def reports_the_failure_of_a_handler(record: Record[Failure]) -> Finding:
    """A caller that gets a result, or nothing, for a failure goes on as if all were well."""
    answer, fault = _failure(record)
    error = answer.json["error"] if answer is not None and fault is None else {}
    if record.result.message in error.get("message", ""):
        return kept("the handler's message arrived", *([answer] if answer else []))
    return broken(
        expected=f"an error with the handler's message {record.result.message!r}",
        seen=fault or f"the message {error['message']!r}",
        events=_about(record, record.result.invocation),
        remedy="Catch whatever a handler raises and send its text with code invocation_failed.",
    )


@check("INV-015", failing)
def passes_the_code_of_a_failure_on(record: Record[Failure]) -> Finding:
    """Callers decide by the code, people by the message."""
    answer, fault = _failure(record)
    if answer is None or fault is not None:
        return unproven(f"{fault}: see INV-006")
    code = answer.json["error"]["code"]
    if code == record.result.code:
        return kept("the handler's code arrived", answer)
    return broken(
        expected=f"error.code {record.result.code!r}, as the handler chose it",
        seen=f"code {code!r}",
        events=_about(record, record.result.invocation),
        remedy="Pass the code of a typed error on; use invocation_failed for any other.",
    )


def _failure(record: Record[Failure]) -> tuple[Message | None, str | None]:
    """The answer of the failing function, and what is wrong with its form."""
    answers = record.talk.answers(record.result.invocation.id)
    if not answers:
        return None, "no answer"
    return answers[0], _error_fault(answers[0].json.get("error"))


@dataclass(frozen=True, slots=True)
class Void:
    """Invocations without an id: when they were sent, and which function ran."""

    at: float
    function_ids: tuple[str, ...]


@trial(Worker.SHARED)
async def without_id(stage: Stage) -> Void:
    """Invoke without an id, with ``null`` as one, and then wait for an answer that is wrong."""
    targets = [t for t in dict.fromkeys((stage.baseline.pulse, ABSENT)) if t]
    void = Void(stage.transcript.now(), tuple(targets))
    for target in targets:
        message: dict[str, Any] = {"type": "invokefunction", "function_id": target, "data": {}}
        stage.send(stage.serving(target), message)
        stage.send(stage.serving(target), message | {"invocation_id": None})
    await stage.pulse()
    await stage.until(lambda: bool(_stray(stage.talk)), stage.pace.stray)
    return void


def _stray(talk: Conversation) -> list[Message]:
    """Results for which there is no invocation."""
    asked = {
        message.json.get("invocation_id")
        for message in talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invokefunction"
    }
    return [
        message
        for message in talk.messages()
        if message.type == "invocationresult"
        and str(message.json.get("invocation_id")).lower() not in asked
    ]


@check("INV-007", without_id)
def does_not_answer_without_an_id(record: Record[Void]) -> Finding:
    """An invocation without an id is fire-and-forget; its answer belongs to nobody."""
    stray = _stray(record.talk)
    if stray:
        return broken(
            expected="no invocationresult for an invocation without an id",
            seen=_described(stray[0]),
            events=tuple(stray[:3]),
            remedy="Run the handler and drop its result when invocation_id is absent or null.",
        )
    pulse = [
        m
        for m in record.talk.messages()
        if m.type == "invocationresult" and m.at > record.result.at
    ]
    if not pulse:
        return unproven("it answered nothing after these, so it may not have read them")
    return kept(f"no answer to {2 * len(record.result.function_ids)} invocations without an id")


@dataclass(frozen=True, slots=True)
class Race:
    """Slow invocations, started first, and a quick one after them."""

    slow: tuple[Invocation, ...]
    quick: Invocation
    milliseconds: int


@trial(Worker.SHARED)
async def slow_beside_quick(stage: Stage) -> Race:
    """Start several slow invocations and a quick one behind them."""
    milliseconds = 600
    sleep = stage.role("sleep")
    slow = tuple(stage.invoke(sleep, {"ms": milliseconds}) for _ in range(5))
    quick = stage.invoke(stage.baseline.pulse or ABSENT, {})
    await stage.until(
        lambda: all(stage.replies(i) for i in (*slow, quick)) or not stage.process.running,
        stage.pace.handler,
    )
    return Race(slow, quick, milliseconds)


@check("INV-008", slow_beside_quick)
def handles_invocations_in_parallel(record: Record[Race]) -> Finding:
    """One slow caller must not hold up the others."""
    race = record.result
    quick = record.talk.answers(race.quick.id)
    slow = [answers[0] for i in race.slow if (answers := record.talk.answers(i.id))]
    if not quick or len(slow) < len(race.slow):
        return broken(
            expected=f"{len(race.slow)} slow answers and a quick one",
            seen=f"{len(slow)} slow and {len(quick)} quick",
            events=record.events[-6:],
            remedy="Answer every invocation.",
        )
    first, last = min(m.at for m in slow), max(m.at for m in slow)
    if quick[0].at > first:
        return broken(
            expected="the quick answer before the slow ones",
            seen=f"it came {quick[0].at - first:.2f} s after the first of them",
            events=(slow[0], quick[0]),
            remedy="Run each handler in a task or thread of its own.",
        )
    # Side by side they end together; one after the other they end a whole sleep apart.
    if last - first > race.milliseconds / 1000 * (len(slow) - 1) * 0.75:
        return broken(
            expected=f"{len(slow)} answers at about the same time, {race.milliseconds} ms later",
            seen=f"they came one by one over {last - first:.2f} s",
            events=tuple(slow),
            remedy="Run each handler in a task or thread of its own.",
        )
    return kept(f"{len(slow)} slow invocations and a quick one, side by side")


@trial(Worker.OWN)
async def crashing(stage: Stage) -> Invocation:
    """Let the well-known function ``crash`` fail as a programming mistake does."""
    crash = stage.role("crash")
    await stage.start()
    await stage.ready()
    invocation = stage.invoke(crash, {})
    await stage.reply(invocation)
    return invocation


@trial(Worker.OWN)
async def unserialisable(stage: Stage) -> Invocation:
    """Let the well-known function ``unserialisable`` return what JSON cannot express."""
    function_id = stage.role("unserialisable")
    await stage.start()
    await stage.ready()
    invocation = stage.invoke(function_id, {})
    await stage.reply(invocation)
    return invocation


def _ends_in_an_error(requirement: str, invoked: Trial[Invocation], what: str, remedy: str) -> None:
    @check(requirement, invoked)
    def ends_in_an_error(record: Record[Invocation]) -> Finding:
        answers = record.talk.answers(record.result.id)
        fault = "no answer"
        if answers:
            error = answers[0].json.get("error")
            fault = _error_fault(error) or "" if error is not None else _described(answers[0])
        if not fault:
            return kept(f"{what} became an error", answers[0])
        return broken(
            expected=f"an invocationresult with an error after {what}",
            seen=fault,
            events=_about(record, record.result),
            remedy=remedy,
        )


_ends_in_an_error(
    "INV-016",
    crashing,
    "an unexpected exception in a handler",
    "Catch whatever a handler raises, panics included, and answer invocation_failed.",
)
_ends_in_an_error(
    "INV-017",
    unserialisable,
    "a result that is no JSON",
    "Catch errors of serialising a result, refuse NaN and infinities, and answer an error.",
)


@trial(Worker.SHARED)
async def with_caller_id(stage: Stage) -> tuple[tuple[Invocation, Invocation], ...]:
    """Invoke each function plainly, and with the id that the engine adds to object data."""
    pairs: list[tuple[Invocation, Invocation]] = []
    for function_id, body in stage.baseline.functions.items():
        data = sample(body.get("request_format"))
        plain = not function_id.startswith(WELL_KNOWN) or function_id == f"{WELL_KNOWN}echo"
        if plain and isinstance(data, dict) and len(pairs) < MOST_PAIRS:
            marked = {**data, "_caller_worker_id": "0b7e1a52-0000-4000-8000-00000000000a"}
            pairs.append((stage.invoke(function_id, data), stage.invoke(function_id, marked)))
    await stage.until(
        lambda: all(stage.replies(i) for pair in pairs for i in pair) or not stage.process.running,
        stage.pace.handler,
    )
    return tuple(pairs)


@check("INV-018", with_caller_id)
def takes_the_callers_id(record: Record[tuple[tuple[Invocation, Invocation], ...]]) -> Finding:
    """The engine adds ``_caller_worker_id`` to the data of every call of a worker."""
    judged = 0
    for plain, marked in record.result:
        first, second = (record.talk.answers(i.id)[:1] for i in (plain, marked))
        if not first or first[0].json.get("error") is not None:
            continue
        judged += 1
        if not second or second[0].json.get("error") is not None:
            return broken(
                expected=f"the result of {marked.function_id}, as without _caller_worker_id",
                seen=_described(second[0]) if second else "no answer",
                events=_about(record, marked),
                remedy="Allow further properties in the schema that data is checked against.",
            )
    if not judged:
        return unproven("no function took its sample as an object")
    return kept(f"{judged} functions took it")


@trial(Worker.SHARED)
async def with_metadata(stage: Stage) -> tuple[Invocation, Any]:
    """Invoke the well-known function ``metadata`` with metadata beside its data."""
    metadata = {"tenant": "blue", "n": [1, None]}
    invocation = stage.invoke(stage.role("metadata"), {"x": 1}, metadata=metadata)
    await stage.reply(invocation)
    return invocation, metadata


@check("INV-019", with_metadata)
def hands_metadata_to_the_handler(record: Record[tuple[Invocation, Any]]) -> Finding:
    """Trigger bindings put what a handler needs to know into the metadata."""
    invocation, metadata = record.result
    answers = record.talk.answers(invocation.id)
    result = answers[0].json.get("result") if answers else None
    if isinstance(result, dict) and result.get("metadata") == metadata:
        return kept("it arrived beside the data", answers[0])
    return broken(
        expected=f"the metadata {metadata!r} in the handler's hands",
        seen=_described(answers[0]) if answers else "no answer",
        events=_about(record, invocation),
        remedy="Pass the field `metadata` of an invocation to its handler, apart from data.",
    )


@dataclass(frozen=True, slots=True)
class Busy:
    """A WebSocket ping sent while slow invocations ran."""

    slow: tuple[Invocation, ...]
    number: int
    payload: bytes


@trial(Worker.SHARED)
async def pinged_while_busy(stage: Stage) -> Busy:
    """Send a WebSocket ping while slow invocations run."""
    sleep, payload = stage.role("sleep"), b"still there?"
    slow = tuple(stage.invoke(sleep, {"ms": 700}) for _ in range(2))
    number = slow[0].connection
    # The stimulus is a ping in the midst of the handlers' work, not before they began.
    await stage.until(lambda: bool(stage.replies(slow[0])), 0.2)
    stage.connection(number).send_frame(Frame(Opcode.PING, payload))
    await stage.until(
        lambda: all(stage.replies(i) for i in slow) or not stage.process.running,
        stage.pace.handler,
    )
    return Busy(slow, number, payload)


@check("RDY-004", pinged_while_busy)
def answers_pings_while_busy(record: Record[Busy]) -> Finding:
    """A proxy cuts a connection whose pings wait for a slow handler."""
    busy = record.result
    answers = [a for i in busy.slow for a in record.talk.answers(i.id)]
    ponged = pongs(record.events, busy.number, busy.payload)
    if ponged and answers and ponged[0].at < min(a.at for a in answers):
        return kept("the pong came before the slow answers")
    return broken(
        expected="a pong before the answers of the slow invocations",
        seen="it came after them" if ponged else "none",
        events=(*ponged[:1], *answers[:1]),
        remedy="Never run a handler in the task or thread that reads from the socket.",
    )


@trial(Worker.SHARED)
async def with_an_action(stage: Stage) -> Invocation:
    """Invoke with an id and the action of a call that nobody waits for."""
    target = stage.baseline.pulse or ABSENT
    invocation = stage.invoke(target, {}, action={"type": "void"})
    await stage.reply(invocation)
    return invocation


@check("INV-020", with_an_action)
def answers_whatever_has_an_id(record: Record[Invocation]) -> Finding:
    """The engine gives each call an id and forgets it only when it is answered."""
    if record.talk.answers(record.result.id):
        return kept("it answered")
    return broken(
        expected="an answer to an invocation with an id, whatever its action",
        seen="none",
        events=_about(record, record.result),
        remedy="Decide by invocation_id alone whether to answer.",
    )


@trial(Worker.SHARED)
async def pinged_by_message(stage: Stage) -> float:
    """Send the message ``ping``; return when, in seconds."""
    at = stage.transcript.now()
    stage.send(stage.serving(ABSENT), {"type": "ping"})
    await stage.until(lambda: _message_pongs(stage.talk), min(stage.pace.reply, 2.0))
    return at


def _message_pongs(talk: Conversation) -> list[Message]:
    return [message for message in talk.messages() if message.type == "pong"]


@check("RDY-003", pinged_by_message)
def answers_a_ping_message(record: Record[float]) -> Finding:
    """Beside the pings of WebSockets the protocol has one of its own."""
    pongs_seen = _message_pongs(record.talk)
    if pongs_seen:
        return kept("it answered pong", pongs_seen[0])
    return broken(
        expected='{"type":"pong"}',
        seen="no answer",
        remedy='Answer {"type":"ping"} with {"type":"pong"}.',
    )


def _about(record: Record[Any], invocation: Invocation) -> tuple[Message, ...]:
    """The messages that carry the id of ``invocation``, both ways."""
    return tuple(
        message
        for message in record.talk.messages(direction=None)
        if isinstance(message.json, dict) and message.json.get("invocation_id") == invocation.id
    )


def _error_code(answer: Message) -> object:
    error = answer.json.get("error")
    return error.get("code") if isinstance(error, dict) else None


def _error_fault(error: object) -> str | None:
    if not isinstance(error, dict):
        return f"error is {error!r}, not an object"
    lacking = [name for name in ("code", "message") if not isinstance(error.get(name), str)]
    return "missing or no text: " + ", ".join(lacking) if lacking else None


def _described(answer: Message) -> str:
    body = answer.json
    if body.get("error") is not None:
        return f"the error {body['error']!r}"
    return f"the result {body.get('result')!r}"
