"""What answers to invocations say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.settings.invoking import PREFIX
from conformance.trials.conversation import Conversation
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record
from mock_engine.rendering import as_json
from mock_engine.transcript import Direction, Message


def about(record: Record[Any], invocation: Invocation) -> tuple[Message, ...]:
    """The messages with the id of ``invocation``, in both directions."""
    return tuple(
        message
        for message in record.talk.messages(direction=None)
        if isinstance(message.json, dict) and message.json.get("invocation_id") == invocation.id
    )


def error_code(answer: Message) -> object:
    """The code of an answer's error, or ``None``."""
    error = answer.json.get("error")
    return error.get("code") if isinstance(error, dict) else None


NOT_FOUND = "function_not_found"

WORDLESS = ("[object Object]", "undefined", "null", "None", "Error", "error", "Exception", "nil")
"""Messages without information."""


def disowned(talk: Conversation, invocation: Invocation, answer: Message) -> bool:
    """Whether ``answer`` says that the invoked function does not exist.

    A handler that calls others may pass their errors on: the same code is then about a function
    that it called. When the suite asked the worker to call, it named that function itself. A worker
    that unregistered a function no longer has it.
    """
    if error_code(answer) != NOT_FOUND or talk.took_back(invocation.function_id, answer.at):
        return False
    return not any(
        message.type == "invocationresult"
        and error_code(message) == NOT_FOUND
        and not str(message.json.get("function_id")).startswith(PREFIX)
        for message in talk.messages(direction=Direction.FROM_ENGINE)
        if invocation.at <= message.at <= answer.at
    )


def error_fault(error: object) -> str | None:
    """What is wrong with the form of an error, in words."""
    if not isinstance(error, dict):
        return f"error is {as_json(error)}, not an object"
    lacking = [name for name in ("code", "message") if not isinstance(error.get(name), str)]
    lacking += [] if isinstance(error.get("stacktrace"), str | None) else ["stacktrace"]
    return "missing or no text: " + ", ".join(lacking) if lacking else None


_OBJECT = re.compile(r"\[object \w+\]|<\w[\w.]* object at 0x[0-9a-f]+>")
"""What is left of an object that was converted to a string."""

_TWICE = re.compile(r"(?:^|: )(\w[\w ]{2,60}): \1: ")
"""A repeated prefix, as from two layers that wrap an error each."""


def wording_fault(error: Mapping[str, Any]) -> str | None:
    """What is wrong with the wording of an error of the right form."""
    message, stack = str(error["message"]).strip(), str(error.get("stacktrace") or "")
    if message in WORDLESS or not message:
        return f"the message {as_json(message)}"
    if found := _OBJECT.search(message):
        return f"{as_json(found[0])} in the message"
    if found := _TWICE.search(message):
        return f"{as_json(found[1])} twice in the message"
    frames = [line for line in stack.splitlines() if line.strip()]
    if frames and all("<unknown>" in line for line in frames):
        return f"a stacktrace of {len(frames)} unknown places"
    return None


def described(answer: Message) -> str:
    """An answer as text."""
    body = answer.json
    if body.get("error") is not None:
        return f"the error {as_json(body['error'])}"
    return f"the result {as_json(body.get('result'))}"
