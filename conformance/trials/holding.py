"""Calls of a worker that the engine holds: answered late, twice, otherwise, or never.

A handler that makes a call is in flight for as long as the answer is held. So every call of a
worker gives control over the handler that made it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from mock_engine.wire import Connection

_CARRIED = ("invocation_id", "function_id", "traceparent", "baggage")

ABSENT = object()
"""Stands for an answer without the field ``result``, as the engine sends if there is no value."""


class Engine(Protocol):
    """Handles the calls that are passed on."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Take a message of a worker."""
        ...


@dataclass
class HeldCall:
    """A call that waits for its answer. ``message`` is what the worker sent."""

    message: Mapping[str, Any]
    connection: Connection
    _data: bytes
    _binary: bool
    _engine: Engine

    @property
    def function_id(self) -> str:
        """The function that is called."""
        return str(self.message.get("function_id"))

    def answer(self, result: Any = None) -> None:
        """Answer it with a result; again, if it was answered before."""
        self.reply({} if result is ABSENT else {"result": result})

    def fail(self, code: str, message: str) -> None:
        """Answer it with an error."""
        self.reply({"error": {"code": code, "message": message}})

    def let_go(self) -> None:
        """Let the engine answer it."""
        if self.connection.is_open:
            self._engine.received(self.connection, self._data, self._binary)

    def reply(self, body: Mapping[str, Any]) -> None:
        """Answer it with these members of an ``invocationresult``."""
        if self.connection.is_open:
            carried = {name: self.message[name] for name in _CARRIED if name in self.message}
            text = msgspec.json.encode({"type": "invocationresult", **carried, **body})
            self.connection.send_text(text)


@dataclass
class Holder:
    """Holds the calls of a worker for which ``concerns`` is true, in the order in which they come.

    ``answer``, if given, is called at once for each of them; without it they wait.
    """

    concerns: Callable[[Mapping[str, Any]], bool]
    answer: Callable[[HeldCall], None] | None = None
    calls: list[HeldCall] = field(default_factory=list)

    def take(self, call: HeldCall) -> bool:
        """Take a call, unless it does not concern this holder or nobody waits for its answer."""
        if call.message.get("invocation_id") is None or not self.concerns(call.message):
            return False
        self.calls.append(call)
        if self.answer is not None:
            self.answer(call)
        return True

    def let_go(self) -> None:
        """Let the engine answer all calls that were not answered."""
        for call in self.calls:
            call.let_go()


@dataclass
class Delays:
    """Answers calls late, each by the delay that is set next; without one, at once."""

    seconds: deque[float] = field(default_factory=deque)

    def __call__(self, call: HeldCall) -> None:
        """Let the engine answer a call after its delay."""
        if self.seconds:
            asyncio.get_running_loop().call_later(self.seconds.popleft(), call.let_go)
        else:
            call.let_go()
