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
    InvocationResult,
    Observe,
    ObservedItem,
    ObserverState,
    ObserverView,
    RegisterFunction,
    is_given,
    payload,
)

CAPTURE = ("input", "output", "caller")
"""The fields that a target gets unless its observer names others."""

Key = tuple[str, str]
"""The namespace and the id of a function."""


@dataclass(slots=True)
class Observer:
    """An observer and its state. ``consent`` is whether the owner of the function accepts it.

    ``state`` and ``reason`` are the last ones that its worker was sent.
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
        """The observer, as the owner of its function sees it."""
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
        """Whether the observer observes this outcome."""
        return (self.spec.source.on or "success") in (status, "complete")


def descriptor(function: Function) -> dict[str, Any]:
    """A function's ``observe`` section."""
    if not is_given(function.spec.observe):
        return {}
    found = msgspec.json.decode(function.spec.observe)
    return found if isinstance(found, dict) else {}


def is_private(function: Function) -> bool:
    """Whether only the connection that owns a function may call it (0.26)."""
    return _value(function.spec.private) is True


def format_fault(spec: RegisterFunction) -> str | None:
    """What is wrong with the JSON Schema of observers' arguments; ``None`` if nothing is (0.26)."""
    wanted = _value(spec.args_format)
    if wanted is None:
        return None
    import jsonschema  # imported only when something is observed

    try:
        jsonschema.Draft202012Validator.check_schema(wanted)
    except jsonschema.SchemaError as fault:
        return str(fault.message)
    return None


def matched(answer: InvocationResult) -> frozenset[str] | None:
    """The observers that an owner chose for a call of its function; ``None`` for all (0.26).

    An owner that delivered the events itself leaves none to the engine.
    """
    if _value(answer.delivered) is True:
        return frozenset()
    names = _value(answer.matched)
    return frozenset(map(str, names)) if isinstance(names, list) else None


def _value(part: Raw) -> Any:
    """The value of a field; ``None`` when it is absent."""
    return msgspec.json.decode(part) if is_given(part) else None


def check_args(function: Function, args: Raw) -> None:
    """Check that a function may be observed with these arguments.

    Raises:
        Failure: it may not be.
    """
    described = descriptor(function)
    if described.get("allow") is False or _value(function.spec.observable) is False:
        raise Failure("NOT_OBSERVABLE", f"{function.spec.id} takes no observers")
    wanted = _value(function.spec.args_format) or described.get("args_format")
    values = msgspec.json.decode(args) if is_given(args) else {}
    if wanted is None:
        if values:
            raise Failure("INVALID_ARGS", f"{function.spec.id} takes no args")
        return
    import jsonschema  # imported only when something is observed

    try:
        jsonschema.validate(values, wanted)
    except jsonschema.ValidationError as wrong:
        raise Failure("INVALID_ARGS", f"args of {function.spec.id}: {wrong.message}") from None
