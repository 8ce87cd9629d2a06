"""``engine::register_trigger`` and ``engine::unregister_trigger``.

A trigger made by a call belongs to no worker: it stays when its caller leaves. Its provider has ten
seconds to object; no answer counts as consent (engine 0.23).
"""

from __future__ import annotations

from mock_engine.core import trigger_registration
from mock_engine.core.actions import Result, Wake
from mock_engine.core.constants import DEFAULT, ENGINE
from mock_engine.core.invocations import Call
from mock_engine.core.peers import Peer
from mock_engine.core.state import State
from mock_engine.core.triggers import Binding
from mock_engine.failures import Failure
from mock_engine.inputs import Field, Form, is_anything, optional
from mock_engine.messages import ABSENT, RegisterTrigger, payload

PATIENCE = 10.0
"""How long a provider may object to a trigger, in seconds."""

REGISTER = Form(
    "RegisterTriggerInput",
    (
        Field("trigger_type"),
        Field("function_id"),
        optional("config", is_anything),
        optional("metadata", is_anything),
        optional("_caller_worker_id"),
        optional("trigger_namespace"),
    ),
    needed=2,
)
UNREGISTER = Form("UnregisterTriggerInput", (Field("id"), optional("trigger_type")), needed=1)


def register(state: State, peer: Peer, call: Call) -> Result:
    """Bind a function to a trigger type; the answer waits for the provider, if there is one."""
    inputs = REGISTER.read(call.request.data, call.request.function_id)
    grant = peer.grant
    allowed = None if grant is None else grant.trigger_types
    if allowed is not None and inputs["trigger_type"] not in allowed:
        text = f"Trigger type '{inputs['trigger_type']}' is not allowed for this session."
        raise Failure("FORBIDDEN", text)
    # The caller's namespace and a namespace in the input are both ignored (engine 0.23).
    spec = RegisterTrigger(
        state.new_id(),
        inputs["trigger_type"],
        inputs["function_id"] if grant is None else grant.stored(inputs["function_id"]),
        payload(inputs["config"]),
        ABSENT if inputs["metadata"] is None else payload(inputs["metadata"]),
        trigger_namespace=inputs["trigger_namespace"],
    )
    actions = trigger_registration.bind(state, Binding(ENGINE, DEFAULT, spec))
    if state.triggers.bindings[spec.id].provider is None:
        return {"id": spec.id}, actions
    state.pending_triggers[spec.id] = call
    return None, [Wake(spec.id, PATIENCE), *actions]


def unregister(state: State, peer: Peer, call: Call) -> Result:
    """Remove a trigger, whoever created it."""
    del peer
    inputs = UNREGISTER.read(call.request.data, call.request.function_id)
    removed = inputs["id"] in state.triggers.bindings
    return {"removed": removed}, trigger_registration.unbind(state, inputs["id"])
