"""What every answer must be, whatever it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.answers import WORDLESS, described, error_fault, wording_fault
from conformance.checks.stimuli.causes import is_grounded
from conformance.documents.trees import at, places
from conformance.requirements.verdict import Finding, broken, inconclusive
from conformance.trials.learning.following import request_parts
from conformance.trials.trial import Record
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, Message

NONE = inconclusive("it answered no invocation")


def _invocations(record: Record[object]) -> dict[str, Message]:
    """The first invocation under each id that the engine sent. Ids are compared ignoring case."""
    found: dict[str, Message] = {}
    for message in record.talk.messages(direction=Direction.FROM_ENGINE):
        if message.type == "invokefunction" and message.json.get("invocation_id"):
            found.setdefault(str(message.json["invocation_id"]).lower(), message)
    return found


def _answers(record: Record[object]) -> Iterator[Message]:
    return (message for message in record.talk.messages() if message.type == "invocationresult")


@always("INV-002", "answers", NONE, skip_broken=True)
def answers_once(record: Record[object]) -> Iterator[Finding | None]:
    """A second answer may reach a caller that asked something else."""
    for invocation_id, invocation in _invocations(record).items():
        answers = record.talk.answers(invocation_id)
        if answers:
            yield (
                None
                if len(answers) == 1
                else broken(
                    expected="one invocationresult an invocation",
                    seen=f"{len(answers)} for one of {invocation.json.get('function_id')}",
                    events=(invocation, *answers[:3]),
                    remedy="Send the result in one place, once the handler has returned or failed.",
                )
            )


@always("INV-003", "answers", NONE)
def echoes_the_function_id(record: Record[object]) -> Iterator[Finding | None]:
    """The engine cannot read a result without its ``function_id``."""
    for invocation_id, invocation in _invocations(record).items():
        wanted = invocation.json.get("function_id")
        for answer in record.talk.answers(invocation_id):
            seen = answer.json.get("function_id")
            yield (
                None
                if seen == wanted
                else broken(
                    expected=f"function_id {as_json(wanted)} in the result",
                    seen=as_json(seen),
                    events=(invocation, answer),
                    remedy="Copy function_id from the invocation into its result.",
                )
            )


@always("INV-005", "errors", inconclusive("it reported no error"))
def reports_errors_with_code_and_message(record: Record[object]) -> Iterator[Finding | None]:
    """The engine cannot read an error that lacks its code or its message."""
    for answer in _answers(record):
        error = answer.json.get("error")
        if error is None:
            continue
        fault = error_fault(error)
        yield (
            None
            if fault is None
            else broken(
                expected="an error object with the texts code and message, and a stacktrace, if "
                "any, that is text",
                seen=fault,
                events=(answer,),
                remedy='Send {"code":"…","message":"…"}; code invocation_failed where none fits '
                "better.",
            )
        )


@always("INV-038", "errors", inconclusive("it reported no error"))
def tells_in_words(record: Record[object]) -> Iterator[Finding | None]:
    """The person who reads an error often has nothing but its text."""
    known = _invocations(record)
    for answer in _answers(record):
        error = answer.json.get("error")
        if not isinstance(error, dict) or error_fault(error) is not None:
            continue
        invocation = known.get(str(answer.json.get("invocation_id")).lower())
        fault = wording_fault(error)
        if fault is not None and invocation is not None and _repeats(record, error, invocation):
            fault = None
        yield (
            None
            if fault is None
            else broken(
                expected="an error whose message says what went wrong, once, and whose stacktrace, "
                "if there is one, names places",
                seen=f"{fault} from {answer.json.get('function_id')}",
                events=(answer,),
                remedy="Send the message of an exception itself, not what its wrapper or its class "
                "makes of it.",
            )
        )


def _repeats(record: Record[object], error: Mapping[str, Any], invocation: Message) -> bool:
    """Whether a message may only repeat an object that the suite gave where a text was meant.

    A message that consists of nothing else is what a wrapper makes of any error.
    """
    message = str(error["message"]).strip()
    if "[object " not in message or message in WORDLESS or is_grounded(record, invocation):
        return False
    data = invocation.json.get("data")
    given = [data[part] for part in request_parts(data)] or [data]
    return any(isinstance(at(value, path), dict) for value in given for path in places(value)[1:])


@always("INV-036", "answers", NONE)
def sends_a_result_or_an_error(record: Record[object]) -> Iterator[Finding | None]:
    """The engine passes on the error and drops the result, which the caller never sees."""
    for answer in _answers(record):
        both = all(answer.json.get(name) is not None for name in ("result", "error"))
        yield (
            None
            if not both
            else broken(
                expected="a result or an error",
                seen=f"both in an answer of {answer.json.get('function_id')}",
                events=(answer,),
                remedy="Leave `result` out of an answer with an error.",
            )
        )


@always("INV-037", "answers", NONE, skip_broken=True)
def answers_what_it_was_asked(record: Record[object]) -> Iterator[Finding | None]:
    """A caller that waits under the same id would get an answer to something it did not ask."""
    known = _invocations(record)
    for answer in _answers(record):
        expected = str(answer.json.get("invocation_id")).lower() in known
        yield (
            None
            if expected
            else broken(
                expected="answers to invocations that were sent, under their ids",
                seen=f"one of {answer.json.get('function_id')} that nobody asked for: "
                f"{described(answer)}",
                events=(answer,),
                remedy="Answer an invocation under the invocation_id that it has, and no other.",
            )
        )
