"""What a handler gets besides its data, and how it fails with its own error code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Json = Any
"""A JSON value as Python's ``json`` module represents it."""


@dataclass(frozen=True, slots=True)
class Context:
    """The context of one invocation."""

    function_id: str
    invocation_id: str | None = None
    metadata: Json = None
    traceparent: str | None = None
    baggage: str | None = None


class FunctionError(Exception):
    """A failure with a code by which callers can distinguish it."""

    def __init__(self, code: str, message: str, stacktrace: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.stacktrace = stacktrace

    def body(self) -> dict[str, str]:
        """The error as it appears in a message: only strings, and only ones that can be sent."""
        told = {"code": self.code, "message": self.message}
        if self.stacktrace:
            told["stacktrace"] = self.stacktrace
        return {
            name: str(value).encode(errors="backslashreplace").decode()
            for name, value in told.items()
        }


Handler = Callable[[Json, Context], Awaitable[Json]]

current: ContextVar[Context | None] = ContextVar("current", default=None)
"""The invocation that the running handler answers; nested calls continue its trace."""
