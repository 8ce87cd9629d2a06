"""Handlers that fail."""

from __future__ import annotations

from conformance.checks.stimuli.answers import about, described, error_fault
from conformance.checks.stimuli.failing import FailedCall, crashing, failing
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Trial, Worker, check, trial
from mock_engine.transcript import NOT_JSON, Message


@check("INV-006", failing)
def reports_the_failure_of_a_handler(record: Record[FailedCall]) -> Finding:
    """A caller that gets a result, or nothing, for a failure goes on as if all were well."""
    answer, fault = _failure(record)
    error = answer.json["error"] if answer is not None and fault is None else {}
    if record.result.message in error.get("message", ""):
        return kept("the handler's message arrived", *([answer] if answer else []))
    return broken(
        expected=f"an error with the handler's message {record.result.message!r}",
        seen=fault or f"the message {error['message']!r}",
        events=about(record, record.result.invocation),
        remedy="Catch whatever a handler raises and send its text with code invocation_failed.",
    )


@check("INV-015", failing)
def passes_the_code_of_a_failure_on(record: Record[FailedCall]) -> Finding:
    """Callers decide by the code, people by the message."""
    answer, fault = _failure(record)
    if answer is None or fault is not None:
        return inconclusive(f"{fault}: see INV-006")
    code = answer.json["error"]["code"]
    if code == record.result.code:
        return kept("the handler's code arrived", answer)
    return broken(
        expected=f"error.code {record.result.code!r}, as the handler chose it",
        seen=f"code {code!r}",
        events=about(record, record.result.invocation),
        remedy="Pass the code of a typed error on; use invocation_failed for any other.",
    )


def _failure(record: Record[FailedCall]) -> tuple[Message | None, str | None]:
    """The answer of the failing function, and what is wrong with its form."""
    answers = record.talk.answers(record.result.invocation.id)
    if not answers:
        return None, "no answer"
    return answers[0], error_fault(answers[0].json.get("error"))


@trial(Worker.OWN)
async def unserialisable(harness: Harness) -> Invocation:
    """Let the well-known function ``unserialisable`` return what JSON cannot express."""
    function_id = harness.invoker.role("unserialisable")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(function_id, {})
    await harness.invoker.reply(invocation)
    return invocation


def _ends_in_an_error(requirement: str, invoked: Trial[Invocation], what: str, remedy: str) -> None:
    @check(requirement, invoked)
    def ends_in_an_error(record: Record[Invocation]) -> Finding:
        answers = record.talk.answers(record.result.id)
        broken_json = _no_json(record)
        fault = "a message that is no JSON, which the engine drops" if broken_json else "no answer"
        if answers:
            error = answers[0].json.get("error")
            fault = error_fault(error) or "" if error is not None else described(answers[0])
        if not fault:
            return kept(f"{what} became an error", answers[0])
        return broken(
            expected=f"an invocationresult with an error after {what}",
            seen=fault,
            events=about(record, record.result) + broken_json,
            remedy=remedy,
        )


def _no_json(record: Record[Invocation]) -> tuple[Message, ...]:
    """What came after the invocation, on its connection, and is no JSON."""
    invocation = record.result
    messages = record.talk.messages(invocation.connection)
    return tuple(m for m in messages if m.at >= invocation.at and m.json is NOT_JSON)


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


def _crash_error(record: Record[Invocation]) -> tuple[Message | None, dict[str, object]]:
    answers = record.talk.answers(record.result.id)
    error = answers[0].json.get("error") if answers else None
    return (answers[0] if answers else None), error if isinstance(error, dict) else {}


@check("INV-023", crashing)
def gives_crashes_their_code(record: Record[Invocation]) -> Finding:
    """Callers tell a mistake in a handler from a failure that it chose by the code."""
    answer, error = _crash_error(record)
    if answer is None or not error:
        return inconclusive("it answered no error: see INV-016")
    if error.get("code") == "invocation_failed":
        return kept("the code invocation_failed", answer)
    return broken(
        expected="the code invocation_failed for an unexpected exception",
        seen=repr(error.get("code")),
        events=(answer,),
        remedy="Use invocation_failed wherever the handler chose no code.",
    )


@check("INV-024", crashing)
def tells_where_it_crashed(record: Record[Invocation]) -> Finding:
    """Without it, whoever looks into the failure has to reproduce it first."""
    answer, error = _crash_error(record)
    if answer is None or not error:
        return inconclusive("it answered no error: see INV-016")
    if isinstance(error.get("stacktrace"), str) and error["stacktrace"]:
        return kept("a stacktrace came with the error", answer)
    return broken(
        expected="a stacktrace in the error of an unexpected exception",
        seen=repr(error.get("stacktrace")),
        events=(answer,),
        remedy="Send the traceback of an unexpected exception as `stacktrace`.",
    )
