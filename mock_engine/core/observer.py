"""One observer, and the rules of the function that it observes (0.25)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw

from mock_engine.core.filters import Filter
from mock_engine.core.registry import Function
from mock_engine.failures import Failure
from mock_engine.messages import (
    ErrorBody,
    Observe,
    ObservedItem,
    ObserverState,
    ObserverView,
    is_given,
    payload,
)

CAPTURE = ("input", "output", "caller")
"""What travels to a target unless its observer says otherwise."""

Key = tuple[str, str]
"""The namespace and the id of a function."""


@dataclass(slots=True)
class Observer:
    """An observer and what became of it. ``consent`` is whether the function's owner accepts it.

    ``state`` and ``reason`` are those that its worker knows.
    """

    spec: Observe
    peer: int
    source: Key
    target: Key
    filter: Filter
    consent: bool = False
    refusal: ErrorBody | None = None
    was_active: bool = False
    state: ObserverState = "pending"
    reason: ErrorBody | None = None
    fires: int = 0
    running: int = 0
    queue: list[ObservedItem] = field(default_factory=list)

    def view(self) -> ObserverView:
        """The observer as the owner of its function sees it."""
        source = self.spec.source
        return ObserverView(
            self.spec.id,
            source.args if is_given(source.args) else payload({}),
            payload(self.filter.source),
            self.target[1],
            source.capture or CAPTURE,
            source.on or "success",
        )

    def accepts(self, status: str) -> bool:
        """Whether an outcome is one that it observes."""
        return (self.spec.source.on or "success") in (status, "complete")


def descriptor(function: Function) -> dict[str, Any]:
    """A function's ``observe`` section."""
    if not is_given(function.spec.observe):
        return {}
    found = msgspec.json.decode(function.spec.observe)
    return found if isinstance(found, dict) else {}


def check_args(function: Function, args: Raw) -> None:
    """Hold that a function may be observed with these arguments.

    Raises:
        Failure: it may not.
    """
    described = descriptor(function)
    if described.get("allow") is False:
        raise Failure("NOT_OBSERVABLE", f"{function.spec.id} takes no observers")
    wanted = described.get("args_format")
    values = msgspec.json.decode(args) if is_given(args) else {}
    if wanted is None:
        if values:
            raise Failure("INVALID_ARGS", f"{function.spec.id} takes no args")
        return
    import jsonschema  # only those who observe pay for it

    try:
        jsonschema.validate(values, wanted)
    except jsonschema.ValidationError as wrong:
        raise Failure("INVALID_ARGS", f"args of {function.spec.id}: {wrong.message}") from None
