"""A worker: what it offers, what it answers, whom it calls."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from typing import Any

from reference_workers.client import wire
from reference_workers.client.calls import Calls
from reference_workers.client.connection import Connection
from reference_workers.client.context import Context, FunctionError, Handler, Json, current
from reference_workers.client.registrations import Bind, Registrations
from reference_workers.client.settings import Settings

VERSION = "0.1.0"
DEFAULT_TIMEOUT = 30.0
"""Seconds a caller waits, as in the official SDKs."""


class Worker:
    """Registers functions and triggers, and serves them over a connection that comes back."""

    def __init__(self, settings: Settings) -> None:
        self.registrations = Registrations()
        self.connection = Connection(settings, self._opening, self._received)
        self._settings = settings
        self._calls = Calls()
        self._running: set[asyncio.Task[None]] = set()

    # -- offering --------------------------------------------------------------------------------

    def function(self, function_id: str, handler: Handler, **fields: Json) -> None:
        """Offer a function; ``fields`` are its description, formats and metadata.

        Raises:
            ValueError: the id is blank or taken.
        """
        self._tell(self.registrations.add_function(function_id, handler, **fields))

    def remove_function(self, function_id: str) -> None:
        """Stop offering a function.

        Raises:
            KeyError: there is none with this id.
        """
        self._tell(self.registrations.remove_function(function_id))

    def trigger(self, trigger_type: str, function_id: str, config: Json) -> str:
        """Bind a function to a trigger type and return the trigger's id."""
        trigger = {
            "id": wire.fresh_id(),
            "trigger_type": trigger_type,
            "function_id": function_id,
            "config": config,
        }
        self._tell(self.registrations.add_trigger(trigger))
        return str(trigger["id"])

    def remove_trigger(self, trigger_id: str) -> None:
        """Remove a trigger.

        Raises:
            KeyError: there is none with this id.
        """
        self._tell(self.registrations.remove_trigger(trigger_id))

    def trigger_type(self, type_id: str, description: str, bind: Bind, unbind: Bind) -> None:
        """Provide a trigger type; ``bind`` and ``unbind`` get the engine's messages."""
        self._tell(self.registrations.add_type(type_id, description, bind, unbind))

    # -- calling ---------------------------------------------------------------------------------

    async def call(
        self, function_id: str, data: Json, *, seconds: float = DEFAULT_TIMEOUT, **fields: Any
    ) -> Json:
        """Call a function and wait for its result.

        Raises:
            FunctionError: it failed, with the code that its owner or the engine gave.
        """
        invocation_id = wire.fresh_id()
        message = self._outgoing(function_id, data, invocation_id=invocation_id, **fields)
        self.connection.send_or_keep(wire.encode(message), seconds)
        return await self._calls.wait(invocation_id, seconds)

    def cast(self, function_id: str, data: Json, **fields: Any) -> None:
        """Call a function without waiting for anything."""
        message = self._outgoing(function_id, data, action={"type": "void"}, **fields)
        self.connection.send_or_keep(wire.encode(message), DEFAULT_TIMEOUT)

    def _outgoing(self, function_id: str, data: Json, **fields: Any) -> dict[str, Any]:
        own = None if function_id.startswith("engine::") else self._settings.namespace
        return wire.call(function_id, data, current.get(), **({"namespace": own} | fields))

    # -- living ----------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Stay connected until ``stop`` is called."""
        await self.connection.keep()

    async def stop(self, seconds: float) -> None:
        """Finish what is running, for ``seconds`` at most, and close the connection."""
        self.connection.stop_reconnecting()
        self._calls.fail_all("SHUTDOWN", "the worker is shutting down")
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        await self.connection.close()

    def _opening(self) -> list[str]:
        """What is sent on a fresh connection after ``reattach``."""
        announcement = wire.call(
            "engine::workers::register",
            self._settings.announcement(VERSION),
            None,
            action={"type": "void"},
        )
        return [wire.encode(message) for message in (*self.registrations.messages(), announcement)]

    def _tell(self, message: Json) -> None:
        self.connection.send(wire.encode(message))

    # -- answering -------------------------------------------------------------------------------

    def _received(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "invokefunction":
                self._start(self._answer(message, self.connection.number))
            case "invocationresult":
                self._calls.answer(message)
            case "registertrigger":
                self._start(self._bind(message))
            case "unregistertrigger":
                self._start(self._unbind(message))
            case "registrationrejected" if message.get("code") == "WORKER_NAMESPACE_CONFLICT":
                self.connection.stop_reconnecting()
                self._calls.fail_all("WORKER_NAMESPACE_CONFLICT", "the worker's name is taken")
            case "ping":
                self._tell({"type": "pong"})

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, message: dict[str, Any], connection: int) -> None:
        body = await self._outcome(message)
        # An answer belongs to the connection of its question: the engine has given up on the
        # calls of an older one, and their ids mean nothing to it any more.
        if message.get("invocation_id") and connection == self.connection.number:
            self.connection.send(wire.result(message, body))

    async def _outcome(self, message: dict[str, Any]) -> Json:
        function_id = str(message.get("function_id"))
        handler = self.registrations.handlers.get(function_id)
        if handler is None:
            missing = FunctionError("function_not_found", f"Function '{function_id}' not found")
            return {"error": missing.body()}
        context = Context(
            function_id,
            message.get("invocation_id"),
            message.get("metadata"),
            message.get("traceparent"),
            message.get("baggage"),
        )
        current.set(context)
        try:
            return {"result": await handler(message.get("data"), context)}
        except FunctionError as fault:
            return {"error": fault.body()}
        except Exception as fault:  # noqa: BLE001 - whatever it is, its caller must hear of it
            unexpected = FunctionError("invocation_failed", str(fault), traceback.format_exc())
            return {"error": unexpected.body()}

    # -- providing -------------------------------------------------------------------------------

    async def _bind(self, message: dict[str, Any]) -> None:
        names = ("id", "trigger_type", "function_id")
        answer = {
            "type": "triggerregistrationresult",
            **{name: message.get(name) for name in names},
        }
        provider = self.registrations.providers.get(str(message.get("trigger_type")))
        if provider is None:
            unknown = FunctionError("trigger_type_not_found", "this worker has no such type")
            self._tell(answer | {"error": unknown.body()})
            return
        try:
            await provider[0](message)
        except Exception as fault:  # noqa: BLE001 - the owner of the trigger must hear of it
            answer["error"] = FunctionError("trigger_registration_failed", str(fault)).body()
        self._tell(answer)

    async def _unbind(self, message: dict[str, Any]) -> None:
        provider = self.registrations.providers.get(str(message.get("trigger_type")))
        if provider is not None:
            await provider[1](message)
