"""Calls that wait for their answers.

A call is remembered before it is sent to its owner, so that no answer can come too early. The
real engine remembers it afterwards and loses about one answer in a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from mock_engine.messages import InvokeFunction


class Watched(msgspec.Struct, frozen=True, gc=False):
    """A call of an observed function, as it began; ``at`` is in milliseconds."""

    key: tuple[str, str]
    request: InvokeFunction
    caller: Raw
    at: float


class Call(msgspec.Struct, frozen=True, gc=False):
    """A call in flight. ``caller`` is ``None`` when no peer waits for the answer.

    ``receipt`` is what the caller of a queued call gets once the queue has taken it. ``exact`` is
    whether a result of ``null`` is passed on; one of a worker is left out. ``watched`` is there
    when somebody observes the function.
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
        """Remember a call; return the one that had this id and will never be answered now."""
        replaced = self._calls.get(invocation_id)
        self._calls[invocation_id] = call
        return replaced

    def finish(self, invocation_id: str) -> Call | None:
        """Forget a call because its answer is there; ``None`` when there is no such call."""
        return self._calls.pop(invocation_id, None)

    def lose_owner(self, owner: int) -> list[tuple[str, Call]]:
        """Forget and return the calls that a lost peer will not answer."""
        lost = [(key, call) for key, call in self._calls.items() if call.owner == owner]
        for key, _ in lost:
            del self._calls[key]
        return lost

    def lose_caller(self, caller: int) -> None:
        """Forget the calls of a lost caller; their owners go on."""
        self._calls = {key: call for key, call in self._calls.items() if call.caller != caller}

    def active(self, owner: int) -> int:
        """How many calls a peer works on."""
        return sum(call.owner == owner for call in self._calls.values())
