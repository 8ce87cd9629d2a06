"""Triggers that the engine offers to a worker which provides their type, and what comes of them."""

from __future__ import annotations

from typing import Any

from conformance.errors import Inconclusive
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from mock_engine.transcript import Message

BINDING = "5b0d5b2e-0000-4000-8000-0000000000b1"
"""The id of the trigger."""

TARGET = "conformance::somebody"
"""The function that it is bound to."""


def own_type(harness: Harness) -> tuple[int, str]:
    """A trigger type that the worker provides, and the connection on which it does.

    Raises:
        Inconclusive: it provides none.
    """
    for one in harness.talk.registrations:
        if one.kind == "registertriggertype" and isinstance(one.id, str):
            return one.message.connection, one.id
    raise Inconclusive("this takes a worker that provides a trigger type")


def offer(trigger_id: str, type_id: str) -> dict[str, object]:
    """The message that offers a trigger."""
    return {
        "type": "registertrigger",
        "id": trigger_id,
        "trigger_type": type_id,
        "function_id": TARGET,
        "config": {},
    }


def removal(trigger_id: str, type_id: str) -> dict[str, Any]:
    """The message that takes a trigger from its provider."""
    return {"type": "unregistertrigger", "id": trigger_id, "trigger_type": type_id}


def results(messages: list[Message], trigger_id: str) -> list[Message]:
    """The answers of a provider about one trigger."""
    return [
        m
        for m in messages
        if m.type == "triggerregistrationresult" and m.json.get("id") == trigger_id
    ]


def calls_of_the_target(talk: Conversation, since: float = -1.0) -> list[Message]:
    """The calls of the function to which the trigger is bound, after ``since`` seconds."""
    return [
        m
        for m in talk.recent(since)
        if m.type == "invokefunction" and m.json.get("function_id") == TARGET and m.at > since
    ]
