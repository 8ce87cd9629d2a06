"""The base class of modules: a module is a worker inside the engine's process.

Rules of this package:

* A module owns functions and trigger types like any worker and gets the same messages. Its answers
  are ordinary results; the core treats all modules alike.
* A module calls functions through its ``Host``.
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

    ``provides_as`` is the provider name that its trigger types show, when that is not its own name.
    ``internal`` is whether it is part of the engine, and not a worker that only runs in its
    process. ``has_entry`` is whether the configuration module has an entry for its options.
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
            Failure: the module does not forward calls.
        """
        raise Failure("function_not_found", f"{self.name} does not serve {call.function_id}")

    def bind(self, bound: Bound) -> None:
        """Take a binding.

        Raises:
            Failure: it cannot be served.
        """
        self.bindings[bound.id] = bound

    def unbind(self, trigger_id: str) -> None:
        """Remove a binding; an unknown one is ignored."""
        self.bindings.pop(trigger_id, None)

    @property
    def url(self) -> str | None:
        """The URL that the module serves; ``None`` if it does not listen."""
        return None

    @property
    def viewers(self) -> int:
        """How many clients follow the module over open connections."""
        return 0

    async def start(self) -> None:
        """Open the module's ports.

        Raises:
            OSError: a port is taken or may not be used.
        """

    async def stop(self) -> None:
        """Close the module's ports and end its work."""


__all__ = ["NOTHING", "Bound", "Failure", "Handler", "Module", "Offer"]
