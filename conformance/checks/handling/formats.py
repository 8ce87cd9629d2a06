"""Results beside the formats that their functions declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.checks.stimuli.always import always
from conformance.documents.validity import Unsupported, Validity
from conformance.requirements.verdict import Finding, broken, not_applicable
from conformance.trials.trial import Record
from mock_engine.transcript import Direction, Message

MOST = 200
"""Results of one function that are examined: some trials invoke one ten thousand times."""

NO_FORMAT = not_applicable("none of its functions that was asked declares what it returns")


@always("INV-039", "results of functions that declare what they return", NO_FORMAT)
def returns_what_it_declares(record: Record[Any]) -> Iterator[Finding | str]:
    """Clients that are generated from the response formats cannot read any other result.

    Data outside the request format may get any answer. The response format does not apply to a
    result that reports an error.
    """
    formats = _formats(record)
    looked: Counter[str] = Counter()
    for invocation in record.talk.messages(direction=Direction.FROM_ENGINE):
        if invocation.type != "invokefunction":
            continue
        function_id = str(invocation.json.get("function_id"))
        if function_id not in formats:
            continue
        accepts, returns = formats[function_id]
        if accepts is not None and not accepts.holds(invocation.json.get("data")):
            continue
        for answer in record.talk.answers(str(invocation.json.get("invocation_id"))):
            if looked[function_id] < MOST and not _tells_of_an_error(answer):
                looked[function_id] += 1
                yield _judged(function_id, returns, invocation, answer)


def _judged(
    function_id: str, returns: Validity, invocation: Message, answer: Message
) -> Finding | str:
    fault = returns.fault(answer.json.get("result"))
    if not fault:
        return function_id
    return broken(
        expected=f"a result of {function_id} that its response_format allows",
        seen=f"{function_id} returned what it does not allow, at {fault}",
        events=(invocation, answer),
        remedy="Return what response_format declares, or declare what is returned.",
    )


def _tells_of_an_error(answer: Message) -> bool:
    result = answer.json.get("result")
    return "error" in answer.json or (isinstance(result, dict) and "error" in result)


def _formats(record: Record[Any]) -> dict[str, tuple[Validity | None, Validity]]:
    """What each function accepts, if it says so, and what it returns, where it says that."""
    found = {}
    for function_id, registration in record.talk.functions().items():
        returns = _validity(registration.message.json.get("response_format"))
        if returns is not None:
            accepts = _validity(registration.message.json.get("request_format"))
            found[function_id] = accepts, returns
    return found


def _validity(schema: Any) -> Validity | None:
    """What a schema allows; ``None`` without a schema, or if it cannot be read (REG-007)."""
    try:
        return Validity(schema, formats=False) if schema is not None else None
    except Unsupported:
        return None
