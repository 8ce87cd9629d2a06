"""Handlers that fail."""

from __future__ import annotations

from typing import Any

from conformance.checks.stimuli.answers import WORDLESS, about, described, error_code, error_fault
from conformance.checks.stimuli.calling import REFUSAL, Errand, calls_nobody
from conformance.checks.stimuli.failing import Crash, FailedCall, crashing, failing
from conformance.checks.stimuli.odd_answers import ODD, OddAnswers, odd_answers, silent_after
from conformance.requirements.verdict import (
    Conclusion,
    Finding,
    broken,
    decisive,
    inconclusive,
    kept,
)
from conformance.trials.harness import Harness
from conformance.trials.learning.exceptions import unexpected
from conformance.trials.learning.handing import SEVERAL
from conformance.trials.trial import Record, Trial, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import NOT_JSON, Message

CATCH = "Catch whatever a handler raises and send its text with code invocation_failed."


@check("INV-006", failing, calls_nobody)
def reports_the_failure_of_a_handler(*records: Record[Any]) -> Finding:
    """A caller that gets a result or nothing after a failure carries on as if all were well."""
    return decisive(_reported(record) for record in records)


def _reported(record: Record[Any]) -> Finding:
    """Whether a failure is reported with its message."""
    if isinstance(record.result, Errand):
        return _passed_on(record)
    answer, fault = _failure(record)
    if not record.result.message:
        return _own_words(answer, fault)
    error = answer.json["error"] if answer is not None and fault is None else {}
    if record.result.message in error.get("message", ""):
        return kept("the handler's message arrived", *([answer] if answer else []))
    return broken(
        expected=f"an error with the handler's message {as_json(record.result.message)}",
        seen=fault or f"the message {as_json(error['message'])}",
        events=about(record, record.result.invocation),
        remedy=CATCH,
    )


def _own_words(answer: Message | None, fault: str | None) -> Finding:
    """Whether a function that was found to fail says why."""
    if answer is None or answer.json.get("error") is None:
        return inconclusive("the function that was found to fail did not fail again")
    message = "" if fault else str(answer.json["error"]["message"])
    if not fault and message.strip() and message.strip() not in WORDLESS:
        return kept("a failure came with its message", answer)
    return broken(
        expected="an error with the message of the handler",
        seen=fault or f"the message {as_json(message)}",
        events=(answer,),
        remedy=CATCH,
    )


def _passed_on(record: Record[Errand]) -> Finding:
    """Whether the error of a call that a function made by itself was passed on by its handler."""
    errand = record.result
    answers = record.talk.answers(errand.invocation.id)
    if errand.relay is None:
        return inconclusive("its function `call` catches what fails")
    if not answers and len(errand.calls(record.talk)) > 1:
        return inconclusive(f"{errand.relay.function_id} calls again while its call fails")
    if not answers:
        return broken(
            expected=f"an error of {errand.relay.function_id}, whose call of "
            f"{errand.relay.target} failed",
            seen="no answer",
            events=about(record, errand.invocation),
            remedy=CATCH,
        )
    error = answers[0].json.get("error")
    if error_fault(error) is None and REFUSAL[1] in str(answers[0].json["error"]["message"]):
        return kept("the message of a failed call came out of the handler", answers[0])
    lost = _reworded(record) or _swallowed(record)
    return lost or inconclusive("no handler was seen to fail with a message that is known")


def _reworded(record: Record[Errand]) -> Finding | None:
    """Whether several functions lose the message of the same failed call, and keep its code.

    One that has words of its own for it may do that, but two have not the same.
    """
    answered = {
        errand.invocation.function_id: answers[0]
        for errand in record.result.all
        if (answers := record.talk.answers(errand.invocation.id))
    }
    failed = {name: m for name, m in answered.items() if error_code(m) == REFUSAL[0]}
    words = {str(m.json["error"].get("message")) for m in failed.values()}
    if len(failed) < SEVERAL or len(words) > 1 or any(REFUSAL[1] in text for text in words):
        return None
    return broken(
        expected=f"the message of the error with which the calls of {' and '.join(failed)} ended, "
        f"{as_json(REFUSAL[1])}, beside its code",
        seen=f"{as_json(words.pop())} from all of them",
        events=tuple(failed.values())[:3],
        remedy=CATCH,
    )


def _swallowed(record: Record[Errand]) -> Finding | None:
    """Whether a worker that was never seen to fail answers nothing where its calls fail.

    The functions are those that return what their calls answer. One that makes nothing of an error
    may do so, and so may all of them in a worker whose other functions fail.
    """
    parts = record.baseline.knowledge.parts
    answers = {
        errand.invocation.function_id: answer
        for errand in record.result.all
        if errand.relay is not None and errand.relay.lens is not None
        for answer in record.talk.answers(errand.invocation.id)[:1]
    }
    nothing = all(
        m.json.get("error") is None and m.json.get("result") in (None, {}) for m in answers.values()
    )
    if len(answers) < SEVERAL or not nothing or {"fail", "crash"} & parts.keys():
        return None
    return broken(
        expected=f"errors of {' and '.join(answers)}, whose calls ended in an error",
        seen=f"{described(next(iter(answers.values())))}, as from all of them, and no error of any "
        "function for whatever data",
        events=tuple(answers.values())[:3],
        remedy=CATCH,
    )


@check("INV-015", failing, calls_nobody)
def passes_the_code_of_a_failure_on(*records: Record[Any]) -> Finding:
    """Programs decide by the code of an error, and people by its message."""
    return decisive(_coded(record) for record in records)


def _coded(record: Record[Any]) -> Finding:
    """Whether a failure is reported with the code that was chosen for it."""
    if isinstance(record.result, Errand):
        return _code_passed_on(record)
    answer, fault = _failure(record)
    if answer is None or fault is not None:
        return inconclusive(f"{fault}: see INV-006")
    if not record.result.code:
        return inconclusive("nobody knows which code the handler chose")
    code = answer.json["error"]["code"]
    if code == record.result.code:
        return kept("the handler's code arrived", answer)
    return broken(
        expected=f"error.code {as_json(record.result.code)}, as the handler chose it",
        seen=f"code {as_json(code)}",
        events=about(record, record.result.invocation),
        remedy="Pass the code of a typed error on; use invocation_failed for any other.",
    )


def _code_passed_on(record: Record[Errand]) -> Finding:
    answers = record.talk.answers(record.result.invocation.id)
    error = answers[0].json.get("error") if answers else None
    if record.result.relay is not None and isinstance(error, dict):
        if error.get("code") == REFUSAL[0]:
            return kept("the code of a failed call came out of the handler", answers[0])
        return inconclusive("a handler that catches a failure may choose a code of its own")
    return inconclusive("no handler was seen to fail with a code that is known")


def _failure(record: Record[FailedCall]) -> tuple[Message | None, str | None]:
    """The answer of the failing function, and what is wrong with its form."""
    answers = record.talk.answers(record.result.invocation.id)
    if not answers:
        return None, "no answer"
    return answers[0], error_fault(answers[0].json.get("error"))


@trial(Worker.OWN)
async def unserialisable(harness: Harness) -> Crash:
    """Make the well-known function ``unserialisable`` return what JSON cannot express."""
    function_id = harness.invoker.role("unserialisable")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(function_id, {})
    await harness.invoker.reply(invocation)
    return Crash(invocation)


def _crashed_by_an_answer(record: Record[OddAnswers]) -> Finding:
    """What became of functions whose own calls got an answer that they do not expect."""
    silent = silent_after(record.talk, record.result, ODD)
    if silent is not None:
        invocation, answer = silent
        return broken(
            expected=f"an answer of {invocation.function_id}, an error for instance, although its "
            f"call was answered with {answer}",
            seen="no answer",
            events=about(record, invocation),
            remedy="Catch whatever a handler raises, panics included, and answer an error.",
        )
    for invocation, answer in record.result.invocations:
        for message in record.talk.answers(invocation.id):
            error = message.json.get("error")
            fault = error_fault(error) if error is not None else "no error"
            if fault is None and unexpected(error["message"], str(error.get("stacktrace") or "")):
                return kept(f"a mistake in handling {answer} became an error", message)
    return inconclusive("no answer to a call of its own made a function crash")


def _uncaught(record: Record[Errand]) -> Finding:
    """What became of a handler that did not catch the error of its own call."""
    answers = record.talk.answers(record.result.invocation.id)
    error = answers[0].json.get("error") if answers else None
    let_out = isinstance(error, dict) and REFUSAL[1] in str(error.get("message"))
    if record.result.relay is None or not let_out:
        return inconclusive("no handler was seen to let an exception out")
    return kept("an exception that a handler did not catch became an error", answers[0])


def _ends_in_an_error(
    requirement: str, what: str, remedy: str, invoked: Trial[Crash], *others: Trial[Any]
) -> None:
    @check(requirement, invoked, *others)
    def ends_in_an_error(*records: Record[Any]) -> Finding:
        odd = [_crashed_by_an_answer(r) for r in records if isinstance(r.result, OddAnswers)]
        crashed = [one_crash(r) for r in records if isinstance(r.result, Crash)]
        uncaught = [_uncaught(r) for r in records if isinstance(r.result, Errand)]
        return decisive(crashed + odd + uncaught)

    def one_crash(record: Record[Crash]) -> Finding:
        answers = record.talk.answers(record.result.invocation.id)
        if record.result.found and answers and answers[0].json.get("error") is None:
            return inconclusive("the function that was found to crash did not crash again")
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
            events=about(record, record.result.invocation) + broken_json,
            remedy=remedy,
        )


def _no_json(record: Record[Crash]) -> tuple[Message, ...]:
    """What came after the invocation on its connection and is not JSON."""
    invocation = record.result.invocation
    messages = record.talk.messages(invocation.connection)
    return tuple(m for m in messages if m.at >= invocation.at and m.json is NOT_JSON)


_ends_in_an_error(
    "INV-016",
    "an unexpected exception in a handler",
    "Catch whatever a handler raises, panics included, and answer invocation_failed.",
    crashing,
    odd_answers,
    calls_nobody,
)


_ends_in_an_error(
    "INV-017",
    "a result that is no JSON",
    "Catch errors of serialising a result, refuse NaN and infinities, and answer an error.",
    unserialisable,
)


def _crash_error(record: Record[Crash]) -> tuple[Message | None, dict[str, object]]:
    answers = record.talk.answers(record.result.invocation.id)
    error = answers[0].json.get("error") if answers else None
    return (answers[0] if answers else None), error if isinstance(error, dict) else {}


@check("INV-023", crashing)
def gives_crashes_their_code(record: Record[Crash]) -> Finding:
    """The code tells callers whether a handler crashed or chose to fail."""
    answer, error = _crash_error(record)
    if answer is None or not error:
        return inconclusive("it answered no error: see INV-016")
    if error.get("code") == "invocation_failed":
        return kept("the code invocation_failed", answer)
    if record.result.found:
        return inconclusive("a handler that catches a mistake may choose a code of its own")
    return broken(
        expected="the code invocation_failed for an unexpected exception",
        seen=as_json(error.get("code")),
        events=(answer,),
        remedy="Use invocation_failed wherever the handler chose no code.",
    )


@check("INV-024", crashing, calls_nobody)
def tells_where_it_crashed(*records: Record[Any]) -> Finding:
    """Without a stack trace, a developer has to reproduce the failure first."""
    return decisive(
        _where(record) if isinstance(record.result, Crash) else _where_uncaught(record)
        for record in records
    )


def _where_uncaught(record: Record[Errand]) -> Finding:
    uncaught = _uncaught(record)
    answers = record.talk.answers(record.result.invocation.id)
    if uncaught.conclusion is Conclusion.KEPT and answers[0].json["error"].get("stacktrace"):
        return kept("a stacktrace came with an exception that a handler let out", answers[0])
    return inconclusive("no handler was seen to let an exception out that it did not choose")


def _where(record: Record[Crash]) -> Finding:
    answer, error = _crash_error(record)
    if answer is None or not error:
        return inconclusive("it answered no error: see INV-016")
    if isinstance(error.get("stacktrace"), str) and error["stacktrace"]:
        return kept("a stacktrace came with the error", answer)
    if record.result.found and error.get("code") != "invocation_failed":
        return inconclusive("a handler that catches a mistake may keep where it was made")
    return broken(
        expected="a stacktrace in the error of an unexpected exception",
        seen=as_json(error.get("stacktrace")),
        events=(answer,),
        remedy="Send the traceback of an unexpected exception as `stacktrace`.",
    )
