"""Invocations by the engine: they run concurrently, and each gets exactly one answer."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from typing import Any

from reference_workers.client import wire
from reference_workers.client.context import Context, FunctionError, Handler, Json, current
from reference_workers.client.session import Session


class Invocations:
    """Runs handlers and sends each answer to the session of its invocation."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._running: set[asyncio.Task[None]] = set()
        self._draining = False

    def start(self, message: dict[str, Any], session: Session) -> None:
        """Run the handler that an ``invokefunction`` message names."""
        if self._draining:
            stopping = FunctionError("invocation_stopped", "the worker is shutting down")
            _answer(message, session, {"error": stopping.body()})
            return
        task = asyncio.ensure_future(self._run(message, session))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self, seconds: float) -> None:
        """Accept no new work, and finish what is running, for at most ``seconds``."""
        self._draining = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def _run(self, message: dict[str, Any], session: Session) -> None:
        _answer(message, session, await self._outcome(message))

    async def _outcome(self, message: dict[str, Any]) -> Json:
        function_id = str(message.get("function_id"))
        handler = self._handlers.get(function_id)
        if handler is None:
            missing = FunctionError("function_not_found", f"Function '{function_id}' not found")
            return {"error": missing.body()}
        context = Context(
            function_id,
            wire.text(message, "invocation_id"),
            message.get("metadata"),
            wire.text(message, "traceparent"),
            wire.text(message, "baggage"),
        )
        current.set(context)
        try:
            return {"result": await handler(message.get("data"), context)}
        except FunctionError as fault:
            return {"error": fault.body()}
        except Exception as fault:  # noqa: BLE001 - whatever it is, its caller must hear of it
            told = str(fault) or type(fault).__name__
            unexpected = FunctionError("invocation_failed", told, traceback.format_exc())
            return {"error": unexpected.body()}


def _answer(message: dict[str, Any], session: Session, body: Json) -> None:
    """Answer an invocation, unless it has no id, which means that nobody waits."""
    if message.get("invocation_id"):
        session.send(wire.result(message, body))
