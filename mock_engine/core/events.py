"""The built-in trigger types: functions and workers that come and go."""

from __future__ import annotations

from mock_engine.core.actions import Actions
from mock_engine.core.calling import invoke
from mock_engine.core.constants import ENGINE
from mock_engine.core.descriptions import function_summary, is_internal
from mock_engine.core.peers import Peer
from mock_engine.core.state import State
from mock_engine.core.tracing import new_span
from mock_engine.messages import InvokeFunction, payload

FUNCTIONS_AVAILABLE = "engine::functions-available"
WORKERS_AVAILABLE = "engine::workers-available"
TYPES = {
    FUNCTIONS_AVAILABLE: "Triggered when functions are registered/unregistered",
    WORKERS_AVAILABLE: "Triggered when workers connect/disconnect",
}


def worker_event(state: State, peer: Peer, event: str) -> Actions:
    """Notify the triggers that watch workers come and go."""
    data = {"event": event, "worker_id": peer.worker_id}
    return _fire(state, WORKERS_AVAILABLE, data, traced=True)


def functions_event(state: State) -> Actions:
    """Notify the triggers that watch functions, if any came or went since the last check."""
    functions = [function for function in state.functions if not is_internal(function)]
    seen = {(function.namespace, function.spec.id) for function in functions}
    if seen == state.seen_functions:
        return []
    state.seen_functions = seen
    rows = [function_summary(state, function) for function in functions]
    event = {"event": "functions_changed", "functions": rows}
    return _fire(state, FUNCTIONS_AVAILABLE, event, traced=False)


def _fire(state: State, type_id: str, event: object, *, traced: bool) -> Actions:
    actions: Actions = []
    for binding in tuple(state.triggers.bindings.values()):
        if (binding.provider, binding.spec.trigger_type) == (ENGINE, type_id):
            request = InvokeFunction(
                binding.spec.function_id,
                payload(event),
                namespace=binding.spec.namespace,
                metadata=binding.spec.metadata,
                traceparent=new_span(state.new_id) if traced else None,
            )
            actions += invoke(state, state.peers[ENGINE], request)
    return actions
