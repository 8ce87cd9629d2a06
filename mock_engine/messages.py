"""The messages of the protocol, one frozen type each.

Rules of this file:

* Payloads that the engine only passes on (data, results, configs, formats, metadata) stay the bytes
  they arrived as, so that no number and no string changes on its way.
* ``null`` for an optional field means the same as leaving it out.
* No message refers to itself, so Python's cyclic garbage collector skips them (``gc=False``).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Raw

ABSENT = Raw(b"")
"""A payload that was not sent."""

NULL = Raw(b"null")


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Why an invocation or a registration failed."""

    code: str
    message: str
    stacktrace: str | None = None


class HttpAuth(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the engine authenticates to an HTTP function; the fields name environment variables."""

    type: str
    secret_key: str | None = None
    token_key: str | None = None
    header: str | None = None
    value_key: str | None = None


class HttpInvocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The URL of an HTTP function and how to call it; ``timeout_ms`` is in milliseconds."""

    url: str
    method: str = "POST"
    timeout_ms: int | None = None
    headers: dict[str, str] = {}
    auth: HttpAuth | None = None


class VoidAction(msgspec.Struct, frozen=True, tag="void"):
    """Nobody waits for the answer."""


class EnqueueAction(msgspec.Struct, frozen=True, tag="enqueue"):
    """The invocation goes into a queue; the answer is a receipt."""

    queue: str


Action = VoidAction | EnqueueAction


class ProtocolMessage(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag=str.lower, gc=False
):
    """Any message; its ``type`` on the wire is its class name in lower case."""

    from_worker: ClassVar[bool] = True


class RegisterFunction(ProtocolMessage, frozen=True):
    """A function is offered under ``id``."""

    id: str
    description: str | None = None
    request_format: Raw = ABSENT
    response_format: Raw = ABSENT
    metadata: Raw = ABSENT
    invocation: HttpInvocation | None = None
    observe: Raw = ABSENT
    args_format: Raw = ABSENT
    private: Raw = ABSENT
    observable: Raw = ABSENT


class UnregisterFunction(ProtocolMessage, frozen=True):
    """A function is no longer offered."""

    id: str


class RegisterTriggerType(ProtocolMessage, frozen=True):
    """A trigger type is offered: its provider gets the triggers of that type."""

    id: str
    description: str
    namespace: str | None = None
    trigger_request_format: Raw = ABSENT
    call_request_format: Raw = ABSENT
    call_response_format: Raw = ABSENT


class RegisterTrigger(ProtocolMessage, frozen=True):
    """A function is bound to a trigger type. Goes both ways: owner → engine → provider."""

    id: str
    trigger_type: str
    function_id: str
    config: Raw
    metadata: Raw = ABSENT
    namespace: str | None = None
    trigger_namespace: str | None = None


class UnregisterTrigger(ProtocolMessage, frozen=True):
    """A binding is gone. Goes both ways."""

    id: str
    trigger_type: str | None = None


class TriggerRegistrationResult(ProtocolMessage, frozen=True):
    """A provider accepts or refuses a trigger, or the engine reports a failed one."""

    id: str
    trigger_type: str
    function_id: str
    error: ErrorBody | None = None


class RegisterService(ProtocolMessage, frozen=True):
    """A group of functions; sent by SDKs before 0.16, accepted and ignored."""

    id: str
    name: str | None = None
    description: str | None = None
    parent_service_id: str | None = None


class InvokeFunction(ProtocolMessage, frozen=True):
    """A function is called. Goes both ways: caller → engine → owner."""

    function_id: str
    data: Raw
    invocation_id: str | None = None
    action: Action | None = None
    namespace: str | None = None
    metadata: Raw = ABSENT
    traceparent: str | None = None
    baggage: str | None = None
    caller: Raw = ABSENT
    observe_depth: Raw = ABSENT
    activation: Raw = ABSENT


class InvocationResult(ProtocolMessage, frozen=True):
    """The outcome of a call. Goes both ways: owner → engine → caller."""

    invocation_id: str
    function_id: str
    result: Raw = ABSENT
    error: ErrorBody | None = None
    traceparent: str | None = None
    baggage: str | None = None
    matched: Raw = ABSENT
    delivered: Raw = ABSENT


class Reattach(ProtocolMessage, frozen=True):
    """A worker takes over what its last connection left behind."""

    previous_worker_id: str
    reattach_token: str | None = None


class Ping(ProtocolMessage, frozen=True):
    """A keepalive at message level."""


class Pong(ProtocolMessage, frozen=True):
    """The answer to a ``Ping``."""


class WorkerRegistered(ProtocolMessage, frozen=True):
    """The engine's first message on a worker's connection."""

    worker_id: str
    reattach_token: str = ""
    features: tuple[str, ...] = ()


Rejection = Literal[
    "WORKER_NAMESPACE_CONFLICT", "FUNCTION_NAMESPACE_CONFLICT", "INVALID_ARGS_FORMAT"
]
"""Why an engine refuses a registration; the last value exists since 0.26."""


class RegistrationRejected(ProtocolMessage, frozen=True):
    """The engine refuses a worker's name or one of its functions."""

    code: Rejection
    namespace: str
    owner_worker_id: str
    worker_name: str | None = None
    function_id: str | None = None


# -- observing, since protocol 0.25 ---------------------------------------------------------------

ObserverState = Literal["pending", "active", "suspended", "error", "disposed"]


class ObserverSource(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is observed, and which of its events."""

    function_id: str
    namespace: str | None = None
    args: Raw = ABSENT
    filters: Raw = ABSENT
    capture: tuple[str, ...] | None = None
    on: str | None = None
    deliver: str | None = None


class ObserverTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """The function that each event reaches."""

    function_id: str
    namespace: str | None = None


class Observe(ProtocolMessage, frozen=True):
    """A worker starts to observe a function, or does so again after a reconnect."""

    id: str
    source: ObserverSource
    target: ObserverTarget
    metadata: Raw = ABSENT
    max_fires: int | None = None
    expires_in_ms: int | None = None
    max_in_flight: int | None = None


class Unobserve(ProtocolMessage, frozen=True):
    """A worker stops observing a function."""

    id: str


class ObserverAck(ProtocolMessage, frozen=True):
    """The owner of a function accepts or refuses an observer, at once or later."""

    function_id: str
    id: str
    revision: int
    namespace: str | None = None
    error: ErrorBody | None = None


class ObservedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that an owner reports, and the observers it is for."""

    function_id: str
    invocation_id: str
    status: str
    started_at_ms: int
    duration_ms: float
    namespace: str | None = None
    matched: tuple[str, ...] = ()
    input: Raw = ABSENT
    output: Raw = ABSENT
    error: Raw = ABSENT
    caller: Raw = ABSENT
    metadata: Raw = ABSENT
    observe_depth: int = 0
    traceparent: str | None = None
    baggage: str | None = None


class InvocationsObserved(ProtocolMessage, frozen=True):
    """Events of functions that ran within their owner, without the engine."""

    items: tuple[ObservedItem, ...] = ()


class LocalInvocationStats(ProtocolMessage, frozen=True):
    """How often a worker called its own functions without the engine, per ``window_ms``."""

    window_ms: int
    functions: Raw = ABSENT
    dropped_reports: Raw = ABSENT


class ObserveResult(ProtocolMessage, frozen=True):
    """The outcome of an ``Observe``."""

    id: str
    state: ObserverState
    error: ErrorBody | None = None
    warnings: tuple[str, ...] = ()


class ObserverStateChanged(ProtocolMessage, frozen=True, omit_defaults=False):
    """An observer changed its state. ``fires`` is how often it has fired."""

    id: str
    state: ObserverState
    fires: int
    reason: ErrorBody | msgspec.UnsetType = msgspec.UNSET


class ObserverView(msgspec.Struct, frozen=True):
    """An observer as the owner of its function sees it."""

    id: str
    args: Raw
    filters: Raw
    target: str
    capture: tuple[str, ...]
    on: str


class FunctionRegistered(ProtocolMessage, frozen=True, omit_defaults=False):
    """A function is registered; its owner may call it directly if ``local_dispatch`` says so."""

    id: str
    namespace: str
    revision: int
    local_dispatch: bool
    observers: tuple[ObserverView, ...]


class ObserverAdded(ProtocolMessage, frozen=True):
    """A function of the worker has a new observer, which the worker must accept or refuse."""

    function_id: str
    namespace: str
    revision: int
    observer: ObserverView


class ObserverRemoved(ProtocolMessage, frozen=True):
    """A function of the worker has lost an observer."""

    function_id: str
    namespace: str
    revision: int
    id: str


class Error(ProtocolMessage, frozen=True):
    """A guarded port refused the session."""

    error: ErrorBody


FromWorker = (
    RegisterFunction
    | UnregisterFunction
    | RegisterTriggerType
    | RegisterTrigger
    | UnregisterTrigger
    | TriggerRegistrationResult
    | RegisterService
    | InvokeFunction
    | InvocationResult
    | Reattach
    | Ping
    | Pong
    | Observe
    | Unobserve
    | ObserverAck
    | InvocationsObserved
    | LocalInvocationStats
)
"""What a worker may send."""

_encoder = msgspec.json.Encoder()


def encode(message: ProtocolMessage) -> bytes:
    """Write a message."""
    return _encoder.encode(message)


def payload(value: Any) -> Raw:
    """A JSON value as a payload."""
    return Raw(_encoder.encode(value))


def is_given(part: Raw) -> bool:
    """Whether a payload was sent and is not ``null``."""
    return part is not ABSENT and bytes(part) not in (b"", b"null")
