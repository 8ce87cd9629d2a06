"""What a module is: a worker inside the engine's process.

Rules of this package:

* A module owns functions and trigger types like any worker and gets the same messages. What it
  answers are ordinary results; nothing in the core knows one module from another.
* Functions that a module calls, it calls through its ``Host``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec import Raw

from mock_engine.failures import Failure
from mock_engine.messages import ABSENT, InvokeFunction, RegisterTrigger

if TYPE_CHECKING:
    from mock_engine.modules.host import Host

Handler = Callable[[InvokeFunction], Any | Awaitable[Any]]
"""Answers an invocation with a JSON value, or ``NOTHING`` for a result that is absent."""

NOTHING = ABSENT


@dataclass(frozen=True, slots=True)
class Offer:
    """A function of a module and what discovery tells of it."""

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
        """What a registration says."""
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


class Module:
    """A module with the ``options`` of its configuration. Subclasses say what it offers.

    ``provides_as`` is what its trigger types call it, when that is not its name. ``internal`` is
    whether it is a part of the engine, and not a worker that only lives in its process.
    ``has_entry`` is whether its options are an entry of the configuration module.
    """

    name: ClassVar[str]
    title: ClassVar[str] = ""
    provides_as: ClassVar[str | None] = None
    has_entry: ClassVar[bool] = False
    internal: ClassVar[bool] = True
    trigger_types: ClassVar[Mapping[str, str]] = {}

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        self.host = host
        self.options = options
        self.bindings: dict[str, Bound] = {}

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {}

    def forward(self, call: InvokeFunction) -> Any:
        """Answer a call of a function that is not the module's own.

        Raises:
            Failure: it is not the module's business.
        """
        raise Failure("function_not_found", f"{self.name} does not serve {call.function_id}")

    def bind(self, bound: Bound) -> None:
        """Take a binding.

        Raises:
            Failure: it cannot be served.
        """
        self.bindings[bound.id] = bound

    def unbind(self, trigger_id: str) -> None:
        """Forget a binding; an unknown one is nothing."""
        self.bindings.pop(trigger_id, None)

    @property
    def place(self) -> str | None:
        """The URL of what the module listens on, if it does."""
        return None

    @property
    def viewers(self) -> int:
        """How many watch what the module does, over connections that stay open."""
        return 0

    async def start(self) -> None:
        """Open what the module listens on.

        Raises:
            OSError: a port is taken or may not be used.
        """

    async def stop(self) -> None:
        """Close what the module listens on and end its work."""


__all__ = ["NOTHING", "Bound", "Failure", "Handler", "Module", "Offer"]
