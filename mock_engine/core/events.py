"""The trigger types that every engine has: functions and workers that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_engine.core.actions import Action
from mock_engine.core.calling import invoke
from mock_engine.core.forwarding import fresh_trace
from mock_engine.core.peers import ENGINE, Peer
from mock_engine.core.rows import function_row, is_internal
from mock_engine.messages import InvokeFunction, payload

if TYPE_CHECKING:
    from mock_engine.core.engine import Core

FUNCTIONS_AVAILABLE = "engine::functions-available"
WORKERS_AVAILABLE = "engine::workers-available"
TYPES = {
    FUNCTIONS_AVAILABLE: "Triggered when functions are registered/unregistered",
    WORKERS_AVAILABLE: "Triggered when workers connect/disconnect",
}

Actions = list[Action]


def worker_event(core: Core, peer: Peer, event: str) -> Actions:
    """What those get who watch the workers come and go."""
    data = {"event": event, "worker_id": peer.worker_id}
    return _fire(core, WORKERS_AVAILABLE, data, traced=True)


def functions_event(core: Core) -> Actions:
    """What those get who watch the functions, if some came or went since this was asked last."""
    functions = [function for function in core.functions if not is_internal(function)]
    seen = {(function.namespace, function.spec.id) for function in functions}
    if seen == core.seen_functions:
        return []
    core.seen_functions = seen
    rows = [function_row(core, function) for function in functions]
    event = {"event": "functions_changed", "functions": rows}
    return _fire(core, FUNCTIONS_AVAILABLE, event, traced=False)


def _fire(core: Core, type_id: str, event: object, *, traced: bool) -> Actions:
    actions: Actions = []
    for binding in tuple(core.triggers.bindings.values()):
        if (binding.provider, binding.spec.trigger_type) == (ENGINE, type_id):
            request = InvokeFunction(
                binding.spec.function_id,
                payload(event),
                namespace=binding.spec.namespace,
                metadata=binding.spec.metadata,
                traceparent=fresh_trace(core.new_id) if traced else None,
            )
            actions += invoke(core, core.peers[ENGINE], request)
    return actions
