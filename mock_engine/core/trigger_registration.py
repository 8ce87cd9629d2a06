"""Triggers, between their owners and the providers of their types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from mock_engine.core.actions import Action, Actions, Send
from mock_engine.core.calling import answer, blank_namespace
from mock_engine.core.constants import DEFAULT, ENGINE
from mock_engine.core.forwarding import offer, withdrawal
from mock_engine.core.peers import Peer
from mock_engine.core.state import State
from mock_engine.core.triggers import Binding, Move, TriggerType
from mock_engine.failures import Failure
from mock_engine.messages import (
    ErrorBody,
    ProtocolMessage,
    RegisterTrigger,
    RegisterTriggerType,
    TriggerRegistrationResult,
    UnregisterTrigger,
    payload,
)

# -- types ---------------------------------------------------------------------------------------


def register_type(state: State, peer: Peer, message: ProtocolMessage) -> Actions:
    """Register a trigger type for the worker that provides it."""
    spec = cast("RegisterTriggerType", message)
    if spec.namespace is not None and not spec.namespace.strip():
        return []
    namespace = spec.namespace or peer.namespace
    return moved(state, state.triggers.add_type(TriggerType(namespace, peer.number, spec)))


def moved(state: State, moves: Iterable[Move]) -> Actions:
    """Notify providers of triggers that they gained or lost."""
    actions: Actions = []
    for move in moves:
        if move.withdraw is not None and move.withdraw in state.peers:
            actions.append(withdrawal(move.binding, move.withdraw))
        if move.offer not in (None, ENGINE):
            actions.append(Send(move.offer, _offer(state, move.binding)))
    return actions


def _offer(state: State, binding: Binding) -> RegisterTrigger:
    served = state.triggers.type_for(binding)
    return offer(binding, served.namespace if served else DEFAULT)


# -- triggers ------------------------------------------------------------------------------------


def register_trigger(state: State, peer: Peer, message: ProtocolMessage) -> Actions:
    """Bind a function to a trigger type for a worker."""
    spec = cast("RegisterTrigger", message)
    try:
        return bind(state, Binding(peer.number, peer.namespace, spec))
    except Failure as fault:
        return [_failed(peer.number, spec, ErrorBody(fault.code, str(fault)))]


def bind(state: State, binding: Binding) -> Actions:
    """Add a trigger and offer it to its provider.

    Raises:
        Failure: one of its namespaces is given, but blank.
    """
    for field in ("namespace", "trigger_namespace"):
        named: str | None = getattr(binding.spec, field)
        if named is not None and not named.strip():
            raise blank_namespace(field)
    return moved(state, state.triggers.bind(binding))


def unregister_trigger(state: State, peer: Peer, message: ProtocolMessage) -> Actions:
    """Remove a trigger, whoever created it."""
    del peer
    return unbind(state, cast("UnregisterTrigger", message).id)


def unbind(state: State, trigger_id: str) -> Actions:
    """Remove a trigger and withdraw it from its provider."""
    binding = state.triggers.unbind(trigger_id)
    if binding is None:
        return []
    return [] if binding.provider is None else [withdrawal(binding, binding.provider)]


# -- answers of providers -------------------------------------------------------------------------


def take_result(state: State, peer: Peer, result: TriggerRegistrationResult) -> Actions:
    """A provider accepted a trigger, or refused it."""
    binding = state.triggers.bindings.get(result.id)
    if binding is None or binding.provider != peer.number:
        return []
    if result.error is None:
        return unopposed(state, result.id)
    call = state.pending_triggers.pop(result.id, None)
    if call is None:
        # A trigger that a module refuses never existed; a worker's refusal comes too late for that.
        (state.triggers.revert if peer.internal else state.triggers.park)(result.id)
        return [_failed(binding.owner, binding.spec, result.error)]
    state.triggers.revert(result.id)
    text = f"{result.error.code}: {result.error.message}"
    return answer(state, call, error=ErrorBody("trigger_registration_failed", text))


def unopposed(state: State, trigger_id: str) -> Actions:
    """The provider did not object: answer the call that created the trigger, if one waits."""
    call = state.pending_triggers.pop(trigger_id, None)
    return [] if call is None else answer(state, call, payload({"id": trigger_id}))


def _failed(owner: int, spec: RegisterTrigger, error: ErrorBody) -> Action:
    result = TriggerRegistrationResult(spec.id, spec.trigger_type, spec.function_id, error)
    return Send(owner, result)
