"""Calls that wait for their answers.

A call is stored before it is sent to its owner, so that no answer can come too early. The real
engine stores it afterwards and loses about one answer in a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from mock_engine.messages import InvokeFunction


class Watched(msgspec.Struct, frozen=True, gc=False):
    """A call of an observed function at its start; ``at`` is in milliseconds since the epoch."""

    key: tuple[str, str]
    request: InvokeFunction
    caller: Raw
    at: float


class Call(msgspec.Struct, frozen=True, gc=False):
    """A call in flight. ``caller`` is ``None`` when no peer waits for the answer.

    ``receipt`` is what the caller of a queued call gets once the queue has accepted it. ``exact``
    is whether a ``null`` result is passed on; a worker's ``null`` result is left out. ``watched``
    is set when the function is observed.
    """

    caller: int | None
    owner: int
    request: InvokeFunction
    receipt: str | None = None
    exact: bool = False
    watched: Watched | None = None


class Calls:
    """The calls in flight, by the invocation id that their owners know."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    def __iter__(self) -> Iterator[Call]:
        """The calls in flight."""
        return iter(self._calls.values())

    def __len__(self) -> int:
        """How many calls are in flight."""
        return len(self._calls)

    def begin(self, invocation_id: str, call: Call) -> Call | None:
        """Store a call; return the earlier call with this id, which will never be answered now."""
        replaced = self._calls.get(invocation_id)
        self._calls[invocation_id] = call
        return replaced

    def finish(self, invocation_id: str) -> Call | None:
        """Remove a call that was answered; ``None`` when there is no such call."""
        return self._calls.pop(invocation_id, None)

    def lose_owner(self, owner: int) -> list[tuple[str, Call]]:
        """Remove and return the calls that a lost peer will not answer."""
        lost = [(key, call) for key, call in self._calls.items() if call.owner == owner]
        for key, _ in lost:
            del self._calls[key]
        return lost

    def lose_caller(self, caller: int) -> None:
        """Detach the calls of a lost caller; their owners continue."""
        self._calls = {key: call for key, call in self._calls.items() if call.caller != caller}

    def active(self, owner: int) -> int:
        """How many calls a peer is handling."""
        return sum(call.owner == owner for call in self._calls.values())
