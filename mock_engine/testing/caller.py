"""The test itself, acting as a worker of its engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from mock_engine.messages import (
    ABSENT,
    ErrorBody,
    InvocationResult,
    InvokeFunction,
    ProtocolMessage,
    RegisterFunction,
    UnregisterFunction,
    payload,
)
from mock_engine.server import Server

Responder = Callable[[Any], Any]
"""Takes the data of a call and returns its result."""


class FunctionFailed(Exception):  # noqa: N818 - what a function answered, not a fault of the engine
    """An invocation was answered with an error."""

    def __init__(self, code: str, message: str, stacktrace: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.stacktrace = stacktrace


class Caller:
    """A worker without a connection. ``notify`` is called when it registers something."""

    def __init__(self, server: Server, notify: Callable[[], None]) -> None:
        self._engine = server.engine
        self._notify = notify
        self._waiting: dict[str, asyncio.Future[InvocationResult]] = {}
        self._answers: dict[str, Responder] = {}
        self.number = self._engine.admit(self)
        self._engine.core.release(self._engine.core.peers[self.number])

    async def ask(self, request: InvokeFunction, within: float) -> InvocationResult | None:
        """Call a function; ``None`` when it does not answer in time."""
        assert request.invocation_id is not None
        waiting: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        self._waiting[request.invocation_id] = waiting
        self._engine.send(self.number, request)
        try:
            return await asyncio.wait_for(waiting, within)
        except TimeoutError:
            return None
        finally:
            del self._waiting[request.invocation_id]

    def offer(self, function_id: str, answer: Responder) -> None:
        """Register a function."""
        self._answers[function_id] = answer
        self._engine.send(self.number, RegisterFunction(function_id))
        self._notify()

    def withdraw(self, function_id: str) -> None:
        """Unregister a function."""
        self._answers.pop(function_id, None)
        self._engine.send(self.number, UnregisterFunction(function_id))

    def deliver(self, message: ProtocolMessage) -> None:
        """Process an answer, or answer a call."""
        match message:
            case InvocationResult(invocation_id=known) if known in self._waiting:
                self._waiting[known].set_result(message)
            case InvokeFunction():
                self._answer(message)

    def _answer(self, call: InvokeFunction) -> None:
        assert call.invocation_id is not None
        result, error = ABSENT, None
        try:
            result = payload(self._answers[call.function_id](msgspec.json.decode(call.data)))
        except FunctionFailed as failed:
            error = ErrorBody(failed.code, failed.message, failed.stacktrace)
        except Exception as raised:  # noqa: BLE001 - the caller must not wait for ever
            error = ErrorBody("invocation_failed", f"{type(raised).__name__}: {raised}")
        answer = InvocationResult(call.invocation_id, call.function_id, result, error)
        self._engine.send(self.number, answer)
