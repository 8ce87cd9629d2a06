"""Calls to other functions that wait for their answers."""

from __future__ import annotations

import asyncio
from typing import Any

from reference_workers.client.context import FunctionError, Json


class Calls:
    """Answers find their callers by invocation id; nobody waits for ever."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    async def wait(self, invocation_id: str, seconds: float) -> Json:
        """Wait for the answer to a call that was just sent.

        Raises:
            FunctionError: the call failed, or ``TIMEOUT``: no answer came within ``seconds``.
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
        """Hand an ``invocationresult`` to whoever waits for it; late ones are dropped."""
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
        """Fail every call that waits."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(FunctionError(code, message))
