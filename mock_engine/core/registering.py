"""Functions that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mock_engine.core.actions import Action, Send
from mock_engine.core.peers import DEFAULT, Peer
from mock_engine.core.registry import Function
from mock_engine.messages import (
    HttpInvocation,
    Message,
    RegisterFunction,
    RegistrationRejected,
    UnregisterFunction,
)

if TYPE_CHECKING:
    from mock_engine.core.engine import Core

RESERVED = "engine::"
"""Where the ids begin that workers can have in the default namespace only."""

Actions = list[Action]


def register_function(core: Core, peer: Peer, message: Message) -> Actions:
    """Have calls of a function go to a worker, unless the function is another's."""
    spec = cast("RegisterFunction", message)
    if spec.id.startswith(RESERVED) and peer.namespace != DEFAULT:
        return [_rejected(peer, spec.id, "")]
    if spec.invocation is not None and not _may_call(core, spec.invocation):
        return []
    function = Function(peer.namespace, peer.number, spec)
    other = core.functions.add(function)
    if other is None:
        return core.observers.registered(peer, function) if core.features else []
    return [_rejected(peer, spec.id, core.peers[other.owner].worker_id)]


def _may_call(core: Core, invocation: HttpInvocation) -> bool:
    return core.outbound is not None and core.outbound.allows(invocation)


def _rejected(peer: Peer, function_id: str, owner: str) -> Action:
    rejected = RegistrationRejected(
        "FUNCTION_NAMESPACE_CONFLICT", peer.namespace, owner, function_id=function_id
    )
    return Send(peer.number, rejected)


def unregister_function(core: Core, peer: Peer, message: Message) -> Actions:
    """Have calls of a function go to its worker no longer."""
    spec = cast("UnregisterFunction", message)
    core.functions.remove(peer.namespace, spec.id, peer.number)
    return core.observers.settle() if core.features else []
