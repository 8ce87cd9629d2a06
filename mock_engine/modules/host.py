"""The link between a module and its engine."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, ClassVar, Protocol

import msgspec
from msgspec import Raw

from mock_engine.core.constants import DEFAULT
from mock_engine.core.registry import Function
from mock_engine.core.state import Outbound, State
from mock_engine.core.tracing import new_span, well_formed
from mock_engine.failures import Failure
from mock_engine.ids import new_id
from mock_engine.messages import (
    ABSENT,
    ErrorBody,
    FromWorker,
    HttpInvocation,
    InvocationResult,
    InvokeFunction,
    ProtocolMessage,
    RegisterFunction,
    RegisterTrigger,
    RegisterTriggerType,
    TriggerRegistrationResult,
    UnregisterTrigger,
    payload,
)
from mock_engine.modules.channel import Channel
from mock_engine.modules.offers import Bound, Handler, Offer
from mock_engine.transcript import Request
from mock_engine.versions import Release

log = logging.getLogger("mock_engine")


class Pipes(Protocol):
    """The engine's channels."""

    def create(self) -> Channel:
        """A new channel."""

    def forget(self, channel: Channel) -> None:
        """Remove a channel that is no longer needed."""


class Embedding(Protocol):
    """What a host needs from its engine."""

    @property
    def channels(self) -> Pipes:
        """The engine's channels."""

    @property
    def core(self) -> State:
        """The engine's state."""

    def send(self, peer: int, message: FromWorker) -> None:
        """A module sent a message."""


class HostedModule(Protocol):
    """What a host needs from its module."""

    name: ClassVar[str]
    has_entry: ClassVar[bool]
    trigger_types: ClassVar[Mapping[str, str]]

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""

    def forward(self, call: InvokeFunction) -> Any:
        """Answer a call of a function that is not the module's own."""

    def bind(self, bound: Bound) -> None:
        """Take a binding."""

    def unbind(self, trigger_id: str) -> None:
        """Forget a binding."""

    async def stop(self) -> None:
        """End the module's work."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The W3C trace context for all calls of one event."""

    parent: str | None
    baggage: str | None = None

    @classmethod
    def fresh(cls) -> Trace:
        """A new trace."""
        return cls(new_span(new_id))

    @classmethod
    def within(cls, call: InvokeFunction) -> Trace:
        """A new span in the trace of a call, or a new trace if the call has none."""
        return cls(new_span(new_id, call.traceparent), call.baggage)

    @classmethod
    def continuing(cls, request: Request) -> Trace:
        """A new span in the trace of an HTTP request, or a new trace if the request has none."""
        return cls(new_span(new_id, request.header("traceparent")), request.header("baggage"))

    @classmethod
    def of(cls, call: InvokeFunction) -> Trace:
        """A new span in the trace of a call; no trace at all if the call has none."""
        known = well_formed(call.traceparent)
        return cls(None if known is None else new_span(new_id, known), call.baggage)

    def fields(self) -> dict[str, str | None]:
        """The fields of an invocation."""
        return {"traceparent": self.parent, "baggage": self.baggage}


class Host:
    """The link of one module to its engine; ``peer`` is the module's negative peer number."""

    def __init__(self, engine: Embedding, peer: int) -> None:
        self.peer = peer
        self._engine = engine
        self._module: HostedModule
        self._handlers: Mapping[str, Handler] = {}
        self._waiting: dict[str, asyncio.Future[Raw]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def channels(self) -> Pipes:
        """The engine's channels."""
        return self._engine.channels

    @property
    def release(self) -> Release:
        """The release of the engine."""
        return self._engine.core.engine_version

    def install(self, module: HostedModule) -> None:
        """Register the functions and trigger types of the module."""
        self._module = module
        offers = dict(module.functions())
        if module.has_entry:
            offers[f"{module.name}::on-config-change"] = Offer(
                lambda _: {"ok": True},
                f"Internal: re-apply the {module.name} configuration when the authoritative "
                "configuration entry changes.",
                {"internal": True},
            )
        self._handlers = {name: offer.handler for name, offer in offers.items()}
        for name, offer in offers.items():
            known = formats("functions", name)
            self.send(
                RegisterFunction(
                    name,
                    offer.description,
                    known.get("request", ABSENT),
                    known.get("response", ABSENT),
                    ABSENT if offer.metadata is None else payload(offer.metadata),
                )
            )
        for name, description in module.trigger_types.items():
            known = formats("trigger_types", name)
            self.send(
                RegisterTriggerType(
                    name,
                    description,
                    trigger_request_format=known.get("configuration", ABSENT),
                    call_request_format=known.get("request", ABSENT),
                    call_response_format=known.get("response", ABSENT),
                )
            )

        if module.has_entry:
            watched = {
                "configuration_id": module.name,
                "event_types": ["configuration:updated"],
            }
            self.send(
                RegisterTrigger(
                    f"{module.name}::config-watch",
                    "configuration",
                    f"{module.name}::on-config-change",
                    payload(watched),
                )
            )

    # -- messages to the module ------------------------------------------------------------------

    def deliver(self, message: ProtocolMessage) -> None:
        """The engine sent the module a message."""
        match message:
            case InvokeFunction():
                self._invoked(message)
            case InvocationResult():
                self._answered(message)
            case RegisterTrigger():
                self._bind(message)
            case UnregisterTrigger():
                self._module.unbind(message.id)

    def _invoked(self, message: InvokeFunction) -> None:
        handler = self._handlers.get(message.function_id, self._module.forward)
        try:
            result = handler(message)
        except Failure as fault:
            self._reply(message, error=ErrorBody(fault.code, str(fault)))
            return
        if inspect.isawaitable(result):
            self.spawn(self._settle(message, result))
        else:
            self._reply(message, result)

    async def _settle(self, message: InvokeFunction, pending: Any) -> None:
        try:
            result = await pending
        except Failure as fault:
            self._reply(message, error=ErrorBody(fault.code, str(fault)))
        else:
            self._reply(message, result)

    def _reply(
        self, message: InvokeFunction, result: Any = ABSENT, error: ErrorBody | None = None
    ) -> None:
        if message.invocation_id is not None:
            raw = _raw(result)
            self.send(InvocationResult(message.invocation_id, message.function_id, raw, error))

    def _answered(self, message: InvocationResult) -> None:
        waiting = self._waiting.pop(message.invocation_id, None)
        if waiting is None or waiting.done():
            return
        if message.error is not None:
            waiting.set_exception(Failure(message.error.code, message.error.message))
        else:
            waiting.set_result(message.result)

    def _bind(self, message: RegisterTrigger) -> None:
        error = None
        try:
            self._module.bind(Bound.of(message))
        except Failure as fault:
            error = ErrorBody(fault.code, str(fault))
        self.send(
            TriggerRegistrationResult(message.id, message.trigger_type, message.function_id, error)
        )

    # -- calls of the module ---------------------------------------------------------------------

    def fire(self, function_id: str, data: Any, **more: Any) -> None:
        """Call a function without waiting for its answer; arguments as for ``call``."""
        self.send(InvokeFunction(function_id, _raw(data), **more))

    async def call(self, function_id: str, data: Any, **more: Any) -> Raw:
        """Call a function and return its result, empty when it has none.

        ``more`` are the namespace, metadata and trace context of the invocation.

        Raises:
            Failure: the function failed or is unknown.
        """
        invocation_id = new_id()
        waiting: asyncio.Future[Raw] = asyncio.get_running_loop().create_future()
        self._waiting[invocation_id] = waiting
        self.send(InvokeFunction(function_id, _raw(data), invocation_id=invocation_id, **more))
        try:
            return await waiting
        finally:
            self._waiting.pop(invocation_id, None)

    async def attempt(self, function_id: str, data: Any, **more: Any) -> Raw:
        """Call a function as ``call`` does; a failure counts as an empty result."""
        try:
            return await self.call(function_id, data, **more)
        except Failure as fault:
            log.info("%s failed: %s", function_id, fault)
            return ABSENT

    def call_by_http(self, allows: Callable[[HttpInvocation], bool]) -> None:
        """Make this module call the functions behind URLs that ``allows`` accepts."""
        self._engine.core.outbound = Outbound(self.peer, allows)

    def function(self, call: InvokeFunction) -> Function | None:
        """The function that a call names; ``None`` if it is not registered."""
        return self._engine.core.functions.find(call.namespace or DEFAULT, call.function_id)

    def is_served(self, function_id: str) -> bool:
        """Whether a function is registered in the default namespace."""
        return self._engine.core.functions.find(DEFAULT, function_id) is not None

    def trigger(self, bindings: Sequence[Bound], data: Any, trace: Trace) -> None:
        """Send an event to functions one after the other, each if its condition lets it pass."""
        if bindings:
            self.spawn(self._trigger(bindings, payload(data), trace))

    async def _trigger(self, bindings: Sequence[Bound], data: Raw, trace: Trace) -> None:
        for bound in bindings:
            try:
                if await self.passes(bound, data, trace):
                    await self.run(bound, data, trace)
            except Failure as fault:
                log.info("trigger %s: %s failed: %s", bound.id, bound.function_id, fault)

    async def passes(self, bound: Bound, data: Any, trace: Trace) -> bool:
        """Whether the condition of a binding lets an event pass: only ``false`` stops it.

        Raises:
            Failure: the condition failed.
        """
        if bound.condition is None:
            return True
        verdict = await self.call(
            bound.condition, data, namespace=bound.namespace, **trace.fields()
        )
        return bytes(verdict) != b"false"

    async def run(self, bound: Bound, data: Any, trace: Trace) -> Raw:
        """Call a bound function with an event and return its result.

        Raises:
            Failure: the function failed.
        """
        return await self.call(
            bound.function_id,
            data,
            namespace=bound.namespace,
            metadata=bound.metadata,
            **trace.fields(),
        )

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine until it ends or the engine stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """End the module and its work."""
        await self._module.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, message: FromWorker) -> None:
        """Send the engine a message, as a worker does."""
        self._engine.send(self.peer, message)


@functools.cache
def _recorded_formats() -> dict[str, dict[str, dict[str, Raw]]]:
    text = resources.files("mock_engine.modules").joinpath("formats.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, dict[str, dict[str, Raw]]])


def formats(kind: str, name: str) -> dict[str, Raw]:
    """The JSON Schemas that engine 0.23 has for one of its functions or trigger types.

    ``kind`` is ``functions`` or ``trigger_types``; the keys are ``request``, ``response`` and
    ``configuration``, as far as the engine has them.
    """
    return _recorded_formats()[kind].get(name, {})


def _raw(data: Any) -> Raw:
    return data if isinstance(data, Raw) else payload(data)
