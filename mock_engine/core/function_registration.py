"""Functions: registering and unregistering them."""

from __future__ import annotations

from typing import Final, cast

from mock_engine.core.actions import Action, Actions, Send
from mock_engine.core.constants import DEFAULT
from mock_engine.core.observer import format_fault
from mock_engine.core.peers import Peer
from mock_engine.core.registry import Function
from mock_engine.core.state import State
from mock_engine.messages import (
    HttpInvocation,
    ProtocolMessage,
    RegisterFunction,
    RegistrationRejected,
    Rejection,
    UnregisterFunction,
)
from mock_engine.versions import OBSERVE_HOOKS

CONFLICT: Final = "FUNCTION_NAMESPACE_CONFLICT"
RESERVED = "engine::"
"""The prefix of ids that workers may register in the default namespace only."""


def register_function(state: State, peer: Peer, message: ProtocolMessage) -> Actions:
    """Route calls of a function to a worker, unless another worker owns the function."""
    spec = cast("RegisterFunction", message)
    if spec.id.startswith(RESERVED) and peer.namespace != DEFAULT:
        return [_rejected(peer, spec.id, "")]
    if spec.invocation is not None and not _may_call(state, spec.invocation):
        return []
    if OBSERVE_HOOKS in state.features and format_fault(spec) is not None:
        return [_rejected(peer, spec.id, "", "INVALID_ARGS_FORMAT")]
    function = Function(peer.namespace, peer.number, spec)
    other = state.functions.add(function)
    if other is None:
        return state.observers.registered(peer, function) if state.features else []
    return [_rejected(peer, spec.id, state.peers[other.owner].worker_id)]


def _may_call(state: State, invocation: HttpInvocation) -> bool:
    return state.outbound is not None and state.outbound.allows(invocation)


def _rejected(peer: Peer, function_id: str, owner: str, code: Rejection = CONFLICT) -> Action:
    rejected = RegistrationRejected(code, peer.namespace, owner, function_id=function_id)
    return Send(peer.number, rejected)


def unregister_function(state: State, peer: Peer, message: ProtocolMessage) -> Actions:
    """Stop routing calls of a function to its worker."""
    spec = cast("UnregisterFunction", message)
    state.functions.remove(peer.namespace, spec.id, peer.number)
    return state.observers.settle() if state.features else []
