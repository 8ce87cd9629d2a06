"""What a module is: a worker inside the engine's process.

Rules of this package:

* A module owns functions and trigger types like any worker and gets the same messages. What it
  answers are ordinary results; the core treats all modules alike.
* Functions that a module calls, it calls through its ``Host``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mock_engine.failures import Failure
from mock_engine.messages import InvokeFunction
from mock_engine.modules.host import Host
from mock_engine.modules.offers import NOTHING, Bound, Handler, Offer


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
    def url(self) -> str | None:
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
