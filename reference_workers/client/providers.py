"""Trigger types that a worker provides: the engine sends it the triggers of other workers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from reference_workers.client import wire
from reference_workers.client.context import FunctionError, Json
from reference_workers.client.registrations import Bind
from reference_workers.client.session import Session


class Providers:
    """Binds and unbinds triggers in the order of the engine's messages.

    They run one after the other: a trigger that is removed right after it was added must not
    remain.
    """

    def __init__(self, providers: Mapping[str, tuple[Bind, Bind]]) -> None:
        self._providers = providers
        self._order = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    def bind(self, message: dict[str, Any], session: Session) -> None:
        """Bind a trigger and answer with a ``triggerregistrationresult``."""
        self._start(self._bind(message, session))

    def unbind(self, message: dict[str, Any]) -> None:
        """Unbind a trigger; there is no answer."""
        self._start(self._outcome(message, removed=True))

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _bind(self, message: dict[str, Any], session: Session) -> None:
        fault = await self._outcome(message, removed=False)
        answer: Json = {name: message.get(name) for name in ("id", "trigger_type", "function_id")}
        if fault is not None:
            answer["error"] = fault.body()
        session.send(wire.encode({"type": "triggerregistrationresult", **answer}))

    async def _outcome(self, message: dict[str, Any], *, removed: bool) -> FunctionError | None:
        trigger_type = str(message.get("trigger_type"))
        provider = self._providers.get(trigger_type)
        if provider is None:
            told = f"this worker has no trigger type {trigger_type!r}"
            return FunctionError("trigger_type_not_found", told)
        bind, unbind = provider
        try:
            async with self._order:
                await (unbind if removed else bind)(message)
        except Exception as fault:  # noqa: BLE001 - the owner of the trigger must hear of it
            return FunctionError("trigger_registration_failed", str(fault))
        return None
