"""Calls to other functions that wait for their answers."""

from __future__ import annotations

import asyncio
from typing import Any

from reference_workers.client.context import FunctionError, Json


class Calls:
    """Matches answers to callers by invocation id; every wait has a limit."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    async def wait(self, invocation_id: str, seconds: float) -> Json:
        """Wait for the answer to a call that was just sent.

        Raises:
            FunctionError: the call failed, or ``TIMEOUT``: no answer arrived within ``seconds``.
        """
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[invocation_id] = waiting
        try:
            async with asyncio.timeout(seconds):
                return await waiting
        except TimeoutError:
            raise FunctionError("TIMEOUT", f"no answer within {seconds:g} s") from None
        finally:
            del self._waiting[invocation_id]

    def answer(self, message: dict[str, Any]) -> None:
        """Pass an ``invocationresult`` to the caller that waits for it; drop late ones."""
        waiting = self._waiting.get(str(message.get("invocation_id")))
        if waiting is None or waiting.done():
            return
        error = message.get("error")
        if error is None:
            waiting.set_result(message.get("result"))
        elif isinstance(error, dict):
            code, text = error.get("code", "invocation_failed"), error.get("message", "")
            waiting.set_exception(FunctionError(str(code), str(text), error.get("stacktrace")))
        else:
            waiting.set_exception(FunctionError("invocation_failed", str(error)))

    def fail_all(self, code: str, message: str) -> None:
        """Fail all pending calls."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(FunctionError(code, message))
