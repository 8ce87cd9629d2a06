"""A worker: its registrations, its answers, its calls."""

from __future__ import annotations

from typing import Any

from reference_workers.client import wire
from reference_workers.client.calls import Calls
from reference_workers.client.channels import Channels
from reference_workers.client.connection import Connection
from reference_workers.client.context import Handler, Json, current
from reference_workers.client.invocations import Invocations
from reference_workers.client.log import say
from reference_workers.client.providers import Providers
from reference_workers.client.registrations import Bind, Registrations
from reference_workers.client.session import Session
from reference_workers.client.settings import Settings
from reference_workers.client.times import Times

VERSION = "0.1.0"
DEFAULT_TIMEOUT = 30.0
"""How long a caller waits for an answer, in seconds, as in the official SDKs."""


class Worker:
    """Registers functions and triggers, and serves them over a connection that reconnects."""

    def __init__(self, settings: Settings, times: Times | None = None) -> None:
        self._settings = settings
        self._times = times or Times()
        self._registrations = Registrations()
        self.channels = Channels(settings, self._times)
        self._connection = Connection(settings, self._times, self._opening, self._received)
        self._calls = Calls()
        self._invocations = Invocations(self._registrations.handlers)
        self._providers = Providers(self._registrations.providers)

    # -- registering -----------------------------------------------------------------------------

    def function(self, function_id: str, handler: Handler, **fields: Json) -> None:
        """Register a function; ``fields`` are its description, formats and metadata.

        Raises:
            ValueError: the id is blank or taken.
        """
        self._tell(self._registrations.add_function(function_id, handler, **fields))

    def remove_function(self, function_id: str) -> None:
        """Unregister a function.

        Raises:
            KeyError: there is no function with this id.
        """
        self._tell(self._registrations.remove_function(function_id))

    def trigger(
        self, trigger_type: str, function_id: str, config: Json, metadata: Json = None
    ) -> str:
        """Bind a function to a trigger type and return the trigger's id."""
        trigger = {
            "id": wire.fresh_id(),
            "trigger_type": trigger_type,
            "function_id": function_id,
            "config": config,
        }
        optional = {"metadata": metadata, "namespace": self._settings.namespace}
        given = {name: value for name, value in optional.items() if value is not None}
        self._tell(self._registrations.add_trigger(trigger | given))
        return str(trigger["id"])

    def remove_trigger(self, trigger_id: str) -> None:
        """Remove a trigger.

        Raises:
            KeyError: there is no trigger with this id.
        """
        self._tell(self._registrations.remove_trigger(trigger_id))

    def trigger_type(self, type_id: str, description: str, bind: Bind, unbind: Bind) -> None:
        """Provide a trigger type; ``bind`` and ``unbind`` get the engine's messages."""
        self._tell(self._registrations.add_type(type_id, description, bind, unbind))

    # -- calling ---------------------------------------------------------------------------------

    async def call(
        self, function_id: str, data: Json, *, seconds: float = DEFAULT_TIMEOUT, **fields: Any
    ) -> Json:
        """Call a function and wait for its result; ``fields`` are action, metadata, namespace.

        Raises:
            FunctionError: the call failed, with the code from its owner or the engine; ``TIMEOUT``
                after ``seconds``; ``payload_too_large`` if the call cannot be sent.
            ValueError, TypeError: the data is not JSON.
        """
        invocation_id = wire.fresh_id()
        message = self._outgoing(function_id, data, invocation_id=invocation_id, **fields)
        self._connection.send_or_keep(message, seconds)
        return await self._calls.wait(invocation_id, seconds)

    def cast(self, function_id: str, data: Json, **fields: Any) -> None:
        """Call a function without waiting; raises what ``call`` raises before sending."""
        message = self._outgoing(function_id, data, action={"type": "void"}, **fields)
        self._connection.send_or_keep(message, DEFAULT_TIMEOUT)

    def _outgoing(self, function_id: str, data: Json, **fields: Any) -> str:
        # The engine's own functions are in its default namespace, whatever the caller's is.
        own = None if function_id.startswith("engine::") else self._settings.namespace
        named = {"namespace": own} | fields
        return wire.encode(wire.call(function_id, data, current.get(), **named))

    # -- running ---------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Stay connected until ``stop`` is called or the engine refuses this worker for good."""
        await self._connection.keep()

    async def stop(self) -> None:
        """Finish what is running, within limits, and close the connection."""
        self._connection.stop_reconnecting()
        if self._connection.is_open:  # without a connection no answer can arrive
            await self._invocations.drain(self._times.calling)
        self._calls.fail_all("SHUTDOWN", "the worker is shutting down")
        await self._invocations.drain(self._times.draining)
        await self._connection.close()

    def _opening(self) -> list[str]:
        """The messages that follow ``reattach`` on a new connection."""
        announcement = wire.call(
            "engine::workers::register",
            self._settings.announcement(VERSION),
            None,
            action={"type": "void"},
        )
        return [wire.encode(message) for message in (*self._registrations.messages(), announcement)]

    def _tell(self, message: Json) -> None:
        self._connection.send(wire.encode(message))

    # -- receiving -------------------------------------------------------------------------------

    def _received(self, message: dict[str, Any], session: Session) -> None:
        """Handle a message; unknown types of a newer engine are ignored."""
        match message.get("type"):
            case "invokefunction":
                self._invocations.start(message, session)
            case "invocationresult":
                self._calls.answer(message)
            case "registertrigger":
                self._providers.bind(message, session)
            case "unregistertrigger":
                self._providers.unbind(message)
            case "ping":
                session.send(wire.encode({"type": "pong"}))
            case "registrationrejected":
                self._rejected(message)
            case "error" | "triggerregistrationresult" if message.get("error") is not None:
                say(f"the engine reports: {message}")

    def _rejected(self, message: dict[str, Any]) -> None:
        """Drop a function that has another owner; stop if the worker itself is refused."""
        code = str(message.get("code"))
        say(f"the engine refuses: {message}")
        if message.get("function_id") is not None:
            return
        self._calls.fail_all(code, "the engine refused this worker")
        self._connection.give_up()
