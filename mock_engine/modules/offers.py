"""The functions of a module, and the triggers that are bound to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from mock_engine.messages import ABSENT, InvokeFunction, RegisterTrigger

Handler = Callable[[InvokeFunction], Any | Awaitable[Any]]
"""Answers an invocation with a JSON value, or ``NOTHING`` for a result that is absent."""

NOTHING = ABSENT


@dataclass(frozen=True, slots=True)
class Offer:
    """A function of a module, and how discovery describes it."""

    handler: Handler
    description: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A function bound to one of the module's trigger types, with its decoded config."""

    id: str
    trigger_type: str
    function_id: str
    namespace: str | None
    config: Any
    metadata: Raw

    @classmethod
    def of(cls, message: RegisterTrigger) -> Bound:
        """The binding that a trigger registration requests."""
        return cls(
            message.id,
            message.trigger_type,
            message.function_id,
            message.namespace,
            msgspec.json.decode(message.config),
            message.metadata,
        )

    def setting(self, name: str) -> Any:
        """A value of the config, ``None`` when it is absent or the config is no object."""
        return self.config.get(name) if isinstance(self.config, dict) else None

    @property
    def condition(self) -> str | None:
        """The function that decides whether an event passes."""
        named = self.setting("condition_function_id")
        return named if isinstance(named, str) else None
