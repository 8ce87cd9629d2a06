"""What a handler gets beside its data, and how it fails with a code of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Json = Any
"""A JSON value as Python's ``json`` gives and takes it."""


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one invocation."""

    function_id: str
    invocation_id: str | None = None
    metadata: Json = None
    traceparent: str | None = None
    baggage: str | None = None


class FunctionError(Exception):
    """A failure that callers tell from others by its code."""

    def __init__(self, code: str, message: str, stacktrace: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.stacktrace = stacktrace

    def body(self) -> dict[str, str]:
        """The error as it stands in a message: texts only, and such as can be sent."""
        told = {"code": self.code, "message": self.message}
        if self.stacktrace:
            told["stacktrace"] = self.stacktrace
        return {
            name: str(value).encode(errors="backslashreplace").decode()
            for name, value in told.items()
        }


Handler = Callable[[Json, Context], Awaitable[Json]]

current: ContextVar[Context | None] = ContextVar("current", default=None)
"""The invocation that the running handler answers; nested calls carry its trace on."""
