"""How the engine describes a function, a worker, a trigger type or a trigger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw

from mock_engine.core.constants import DEFAULT
from mock_engine.core.peers import FACTS, Peer
from mock_engine.core.registry import Function
from mock_engine.core.state import State
from mock_engine.core.triggers import Binding, TriggerType
from mock_engine.messages import is_given

Description = dict[str, Any]

LONGEST_SUMMARY = 80
"""The longest summary of a trigger's configuration in a list, in characters."""


def function_summary(state: State, function: Function) -> Description:
    """A function in a list."""
    row: Description = {
        "function_id": function.spec.id,
        "namespace": function.namespace,
        "worker_name": _owner_name(state, function),
    }
    if function.spec.description is not None:
        row["description"] = function.spec.description
    return row | present({"metadata": function.spec.metadata})


def function_details(state: State, function: Function) -> Description:
    """A function with its formats and triggers."""
    formats = {
        "request_schema": function.spec.request_format,
        "response_schema": function.spec.response_format,
    }
    bound = [
        {"id": b.spec.id, "trigger_type": b.spec.trigger_type, "config": b.spec.config}
        for b in bindings(state)
        if (target(b), b.spec.function_id) == (function.namespace, function.spec.id)
    ]
    return function_summary(state, function) | present(formats) | {"registered_triggers": bound}


def worker_summary(state: State, peer: Peer, *, asking: Peer) -> Description:
    """A worker in a list. The current call of ``asking`` counts as an active invocation of it."""
    return {
        "id": peer.worker_id,
        "name": peer.name,
        "namespace": peer.namespace,
        "status": "available" if peer.internal else "connected",
        "ip_address": peer.address or None,
        "connected_at_ms": peer.connected_at,
        "function_count": len(state.functions.owned_by(peer.number)),
        "active_invocations": state.calls.active(peer.number) + (peer is asking),
        **{name: peer.facts.get(name) for name in FACTS if name != "pid"},
    }


def type_summary(state: State, trigger_type: TriggerType) -> Description:
    """A trigger type in a list."""
    provider = state.peers[trigger_type.provider]
    return {
        "id": trigger_type.spec.id,
        "namespace": trigger_type.namespace,
        "description": trigger_type.spec.description,
        "worker_name": provider.provides_as or provider.name or first_part(trigger_type.spec.id),
    }


def type_details(state: State, trigger_type: TriggerType) -> Description:
    """A trigger type with its formats."""
    formats = {
        "configuration_schema": trigger_type.spec.trigger_request_format,
        "request_schema": trigger_type.spec.call_request_format,
        "response_schema": trigger_type.spec.call_response_format,
    }
    count = sum(b.spec.trigger_type == trigger_type.spec.id for b in bindings(state))
    return type_summary(state, trigger_type) | present(formats) | {"instance_count": count}


def binding_summary(state: State, binding: Binding) -> Description:
    """A trigger in a list."""
    spec = binding.spec
    function = state.functions.find(target(binding), spec.function_id)
    owner = _owner_name(state, function) if function else first_part(spec.function_id)
    summary = msgspec.json.encode(msgspec.json.decode(spec.config), order="sorted").decode()
    if len(summary) > LONGEST_SUMMARY:
        summary = summary[:LONGEST_SUMMARY] + "…"
    return {
        "id": spec.id,
        "trigger_type": spec.trigger_type,
        "function_id": spec.function_id,
        "worker_name": owner,
        "config": spec.config,
        "config_summary": summary,
    }


def _owner_name(state: State, function: Function) -> str:
    """The name of a function's owner; for an owner without a name, the first part of the id."""
    return state.peers[function.owner].name or first_part(function.spec.id)


def first_part(name: str) -> str:
    """The part of an id before the first ``::``."""
    return name.split("::")[0]


def is_internal(function: Function) -> bool:
    """Whether a function is hidden: it belongs to the engine, or its metadata says so."""
    if function.spec.id.startswith("engine::"):
        return not function.spec.id.startswith("engine::queue::")
    if not is_given(function.spec.metadata):
        return False
    metadata = msgspec.json.decode(function.spec.metadata)
    return isinstance(metadata, dict) and metadata.get("internal") is True


def types(state: State) -> Iterable[TriggerType]:
    """All trigger types."""
    return state.triggers.types.values()


def bindings(state: State) -> list[Binding]:
    """The triggers that have a provider."""
    return [b for b in state.triggers.bindings.values() if b.provider is not None]


def target(binding: Binding) -> str:
    """The namespace in which the function of a trigger is looked up."""
    return binding.spec.namespace or DEFAULT


def present(parts: dict[str, Raw]) -> Description:
    """The payloads that are present, by name."""
    return {name: part for name, part in parts.items() if is_given(part)}
