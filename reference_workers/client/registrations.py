"""What a worker registers, kept so that all of it can be sent again on each connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from reference_workers.client.context import Handler, Json

Bind = Callable[[dict[str, Any]], Awaitable[None]]
"""Handles a binding, given as the engine's ``registertrigger`` message."""


@dataclass(slots=True)
class Registrations:
    """Trigger types, functions and triggers, by id, in the order in which they are sent."""

    types: dict[str, Json] = field(default_factory=dict)
    functions: dict[str, Json] = field(default_factory=dict)
    triggers: dict[str, Json] = field(default_factory=dict)
    handlers: dict[str, Handler] = field(default_factory=dict)
    providers: dict[str, tuple[Bind, Bind]] = field(default_factory=dict)

    def messages(self) -> list[Json]:
        """Every current registration, once: providers first, then what depends on them."""
        return [*self.types.values(), *self.functions.values(), *self.triggers.values()]

    def add_function(self, function_id: str, handler: Handler, **fields: Json) -> Json:
        """Add a function and return its message.

        Raises:
            ValueError: the id is blank or taken.
        """
        if not function_id.strip() or function_id in self.functions:
            raise ValueError(f"function id {function_id!r} is blank or registered already")
        given = {name: value for name, value in fields.items() if value is not None}
        message = {"type": "registerfunction", "id": function_id, **given}
        self.functions[function_id], self.handlers[function_id] = message, handler
        return message

    def remove_function(self, function_id: str) -> Json:
        """Remove a function and return the message that unregisters it.

        Raises:
            KeyError: there is no function with this id.
        """
        del self.functions[function_id], self.handlers[function_id]
        return {"type": "unregisterfunction", "id": function_id}

    def add_trigger(self, trigger: Json) -> Json:
        """Add a trigger and return its message."""
        message = {"type": "registertrigger", **trigger}
        self.triggers[trigger["id"]] = message
        return message

    def remove_trigger(self, trigger_id: str) -> Json:
        """Remove a trigger and return the message that unregisters it.

        Raises:
            KeyError: there is no trigger with this id.
        """
        trigger = self.triggers.pop(trigger_id)
        return {
            "type": "unregistertrigger",
            "id": trigger_id,
            "trigger_type": trigger["trigger_type"],
        }

    def add_type(self, type_id: str, description: str, bind: Bind, unbind: Bind) -> Json:
        """Add a trigger type with its provider and return its message."""
        message = {"type": "registertriggertype", "id": type_id, "description": description}
        self.types[type_id], self.providers[type_id] = message, (bind, unbind)
        return message
