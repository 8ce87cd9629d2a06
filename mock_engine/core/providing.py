"""Triggers between those who own them and those who provide their types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from mock_engine.core.actions import Action, Send
from mock_engine.core.calling import answer, refuse_blank
from mock_engine.core.forwarding import offer, withdrawal
from mock_engine.core.peers import DEFAULT, ENGINE, Peer
from mock_engine.core.triggers import Binding, Move, TriggerType
from mock_engine.failures import Failure
from mock_engine.messages import (
    ErrorBody,
    Message,
    RegisterTrigger,
    RegisterTriggerType,
    TriggerRegistrationResult,
    UnregisterTrigger,
    payload,
)

if TYPE_CHECKING:
    from mock_engine.core.engine import Core

Actions = list[Action]


# -- types ---------------------------------------------------------------------------------------


def register_type(core: Core, peer: Peer, message: Message) -> Actions:
    """Have a worker provide a trigger type."""
    spec = cast("RegisterTriggerType", message)
    if spec.namespace is not None and not spec.namespace.strip():
        return []
    namespace = spec.namespace or peer.namespace
    return moved(core, core.triggers.add_type(TriggerType(namespace, peer.number, spec)))


def moved(core: Core, moves: Iterable[Move]) -> Actions:
    """Tell providers of triggers that are theirs from now on, or no longer."""
    actions: Actions = []
    for move in moves:
        if move.withdraw is not None and move.withdraw in core.peers:
            actions.append(withdrawal(move.binding, move.withdraw))
        if move.offer not in (None, ENGINE):
            actions.append(Send(move.offer, _offer(core, move.binding)))
    return actions


def _offer(core: Core, binding: Binding) -> RegisterTrigger:
    served = core.triggers.type_for(binding)
    return offer(binding, served.namespace if served else DEFAULT)


# -- triggers ------------------------------------------------------------------------------------


def register_trigger(core: Core, peer: Peer, message: Message) -> Actions:
    """Bind a function to a trigger type, for the worker that says so."""
    spec = cast("RegisterTrigger", message)
    try:
        return bind(core, Binding(peer.number, peer.namespace, spec))
    except Failure as fault:
        return [_failed(peer.number, spec, ErrorBody(fault.code, str(fault)))]


def bind(core: Core, binding: Binding) -> Actions:
    """Add a trigger and offer it to its provider.

    Raises:
        Failure: one of its namespaces is named and blank.
    """
    refuse_blank("namespace", binding.spec.namespace)
    refuse_blank("trigger_namespace", binding.spec.trigger_namespace)
    return moved(core, core.triggers.bind(binding))


def unregister_trigger(core: Core, peer: Peer, message: Message) -> Actions:
    """Remove a trigger, whoever made it."""
    del peer
    return unbind(core, cast("UnregisterTrigger", message).id)


def unbind(core: Core, trigger_id: str) -> Actions:
    """Remove a trigger and withdraw it from its provider."""
    binding = core.triggers.unbind(trigger_id)
    if binding is None:
        return []
    return [] if binding.provider is None else [withdrawal(binding, binding.provider)]


# -- what providers say --------------------------------------------------------------------------


def take_result(core: Core, peer: Peer, result: TriggerRegistrationResult) -> Actions:
    """A provider accepted a trigger, or refused it."""
    binding = core.triggers.bindings.get(result.id)
    if binding is None or binding.provider != peer.number:
        return []
    if result.error is None:
        return unopposed(core, result.id)
    call = core.registering.pop(result.id, None)
    if call is None:
        # What a module refuses has never been there; a worker's refusal comes too late for that.
        (core.triggers.revert if peer.internal else core.triggers.park)(result.id)
        return [_failed(binding.owner, binding.spec, result.error)]
    core.triggers.revert(result.id)
    text = f"{result.error.code}: {result.error.message}"
    return answer(core, call, error=ErrorBody("trigger_registration_failed", text))


def unopposed(core: Core, trigger_id: str) -> Actions:
    """Nobody objects to a trigger: tell whoever waits for that."""
    call = core.registering.pop(trigger_id, None)
    return [] if call is None else answer(core, call, payload({"id": trigger_id}))


def _failed(owner: int, spec: RegisterTrigger, error: ErrorBody) -> Action:
    result = TriggerRegistrationResult(spec.id, spec.trigger_type, spec.function_id, error)
    return Send(owner, result)
