"""What becomes of a message on its way through the engine."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Action, Send
from mock_engine.core.constants import DEFAULT
from mock_engine.core.peers import Peer
from mock_engine.core.triggers import Binding
from mock_engine.messages import (
    ABSENT,
    InvokeFunction,
    RegisterTrigger,
    UnregisterTrigger,
    is_given,
    payload,
)

TRACE_PARTS = 4

_fields = msgspec.json.Decoder(dict[str, Raw])


def with_caller(data: Raw, worker_id: str) -> Raw:
    """``data`` with the caller's worker id in it, if it is an object; any other value as it is."""
    if not bytes(data).lstrip().startswith(b"{"):
        return data
    fields = _fields.decode(data)
    fields["_caller_worker_id"] = payload(worker_id)
    return payload(fields)


def with_identity(caller: Raw, peer: Peer) -> Raw:
    """The caller of a call: the handler, as its SDK names it, and the worker (0.25)."""
    identity = msgspec.json.decode(caller) if is_given(caller) else {}
    known_fields = {"worker_id": peer.worker_id, "worker_name": peer.name}
    known = {key: value for key, value in known_fields.items() if value}
    return payload((identity if isinstance(identity, dict) else {}) | known)


def or_absent(part: Raw) -> Raw:
    """``part``, or ``ABSENT`` for a ``null``."""
    return part if is_given(part) else ABSENT


def with_function(request: InvokeFunction) -> str | None:
    """The baggage an owner gets: the caller's, and in a trace the name of the function."""
    if request.traceparent is None and request.baggage is None:
        return None
    entries = [request.baggage] if request.baggage else []
    return ",".join([*entries, f"iii.function.id={request.function_id}"])


def fresh_trace(new_id: Callable[[], str], within: str | None = None) -> str:
    """A W3C traceparent: a new span, ``within`` a trace or in one that begins here."""
    parts = (within or "").split("-")
    if len(parts) != TRACE_PARTS:
        parts = ["00", new_id().replace("-", ""), "", "01"]
    return f"{parts[0]}-{parts[1]}-{new_id().replace('-', '')[:16]}-{parts[3]}"


def offer(binding: Binding, provided_in: str) -> RegisterTrigger:
    """What the provider of a type gets; a namespace other than the default one is named."""
    spec = binding.spec
    namespaces = {"namespace": spec.namespace, "trigger_namespace": provided_in}
    known_fields = {
        name: value for name, value in namespaces.items() if value not in (None, DEFAULT)
    }
    return RegisterTrigger(
        spec.id,
        spec.trigger_type,
        spec.function_id,
        spec.config,
        or_absent(spec.metadata),
        **known_fields,
    )


def withdrawal(binding: Binding, provider: int) -> Action:
    """What a provider gets when a trigger is gone or is another's."""
    return Send(provider, UnregisterTrigger(binding.spec.id, binding.spec.trigger_type))
