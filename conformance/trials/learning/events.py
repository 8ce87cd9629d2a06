"""What a worker sends its own functions: the data of its events, jobs and calls.

A function that is bound to a topic, or to state, is invoked by the engine with what the worker
publishes or stores. That gets further than anything that could be made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.documents.trees import shape
from conformance.trials.conversation import Conversation
from mock_engine.transcript import Direction, Message

MOST = 3
"""Events that are tried with one function."""

_PLACES = ("topic", "queue", "queue_name")


def deliveries(talk: Conversation, calls: Iterable[Message]) -> dict[str, list[Any]]:
    """The data of events by the function that gets them: ``calls`` are the worker's."""
    return events(
        [registration.message.json for registration in talk.registrations],
        [call.json for call in calls],
        [
            message.json
            for message in talk.messages(direction=Direction.FROM_ENGINE)
            if message.type == "invokefunction"
        ],
    )


def events(
    bindings: Iterable[Mapping[str, Any]],
    calls: Iterable[Mapping[str, Any]],
    delivered: Iterable[Mapping[str, Any]],
) -> dict[str, list[Any]]:
    """The data of events by the function that gets them, the newest of each shape.

    ``delivered`` are the invocations that the engine sent, those for events among them. An engine
    does not deliver what is bound with a trigger type that it does not have, so what was published
    to a topic counts as well.
    """
    bound = [body for body in bindings if body.get("trigger_type") not in ("http", "api", None)]
    found: dict[str, dict[str, Any]] = {str(body.get("function_id")): {} for body in bound}
    for name, data in (*_published(bound, calls), *_sent(delivered)):
        if name in found:
            found[name].pop(shape(data), None)
            found[name][shape(data)] = data
    return {name: list(data.values())[-MOST:] for name, data in found.items() if data}


def _published(
    bound: Iterable[Mapping[str, Any]], calls: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """The data of calls that publish or enqueue, with each function bound to that topic."""
    takers: dict[str, list[str]] = {}
    for body in bound:
        for place in _named(body.get("config")):
            takers.setdefault(place, []).append(str(body.get("function_id")))
    for call in calls:
        data = call.get("data")
        if isinstance(data, Mapping) and "data" in data:
            for place in _named(data):
                yield from ((name, data["data"]) for name in takers.get(place, ()))


def _named(config: Any) -> list[str]:
    """The topics or queues that a config or a call names."""
    fields = config if isinstance(config, Mapping) else {}
    return [str(fields[place]) for place in _PLACES if isinstance(fields.get(place), str)]


def _sent(delivered: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for invocation in delivered:
        yield str(invocation.get("function_id")), invocation.get("data")
