"""Sessions on a guarded port: admitted by the auth function, checked by hooks and middleware.

Rules of this file:

* The functions of a policy are called like any other; the rest happens when they answer.
* While a hook decides about a registration, later messages of the worker wait, so that the order of
  registrations stays; answers to calls do not wait, because the hook may need them.
* A registration that is not allowed is dropped without an error (engine 0.23).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Actions, CloseSession, Send
from mock_engine.core.calling import answer, ask
from mock_engine.core.constants import DEFAULT
from mock_engine.core.grants import Grant, Policy
from mock_engine.core.invocations import Call
from mock_engine.core.peers import Peer, PendingSession
from mock_engine.core.registry import Function
from mock_engine.core.state import State
from mock_engine.messages import (
    ABSENT,
    Error,
    ErrorBody,
    FromWorker,
    InvokeFunction,
    ProtocolMessage,
    RegisterFunction,
    RegisterTrigger,
    RegisterTriggerType,
    TriggerRegistrationResult,
    UnregisterFunction,
    is_given,
    payload,
)


def authenticate(
    state: State, peer: Peer, policy: Policy, request: Mapping[str, object]
) -> Actions:
    """Ask the auth function about a session; ``request`` has its headers, query and address."""
    if policy.auth is None:
        peer.grant = Grant(policy, context={}, adds_types=True)
        return state.admit(peer)
    state.pending_sessions[peer.number] = PendingSession(peer)

    def answered(result: Raw, error: ErrorBody | None) -> Actions:
        pending = state.pending_sessions.pop(peer.number, None)
        if pending is None:
            return []
        try:
            peer.grant = Grant.of(policy, _answer(result, error))
        except ValueError as fault:
            return _turned_away(peer.number, fault)
        actions = state.admit(peer)
        for message in pending.messages:
            actions += state.received(peer.number, cast("FromWorker", message))
        return actions

    return ask(state, InvokeFunction(policy.auth, payload(request)), answered)


def authorise(state: State, number: int, policy: Policy, request: Mapping[str, object]) -> Actions:
    """Ask the auth function about a telemetry connection, which is not a session."""
    if policy.auth is None:
        return []

    def answered(result: Raw, error: ErrorBody | None) -> Actions:
        try:
            Grant.of(policy, _answer(result, error))
        except ValueError as fault:
            return _turned_away(number, fault)
        return []

    return ask(state, InvokeFunction(policy.auth, payload(request)), answered)


def _turned_away(number: int, fault: ValueError) -> Actions:
    return [Send(number, Error(ErrorBody("AUTH_ERROR", str(fault)))), CloseSession(number)]


def _answer(result: Raw, error: ErrorBody | None) -> Any:
    if error is not None:
        raise ValueError(error.message)
    if not is_given(result):
        raise ValueError("auth function returned no result")
    return msgspec.json.decode(result)


def screened(state: State, peer: Peer, grant: Grant, request: InvokeFunction) -> Actions | None:
    """The actions that replace a guarded call; ``None`` when the call proceeds as usual."""
    namespace = request.namespace or DEFAULT
    function = state.functions.find(namespace, request.function_id)
    metadata = function.spec.metadata if function else ABSENT
    known = request.invocation_id or state.new_id()
    call = Call(peer.number, 0, msgspec.structs.replace(request, invocation_id=known))
    if not grant.may_call(request.function_id, namespace, metadata):
        return answer(state, call, error=ErrorBody("FORBIDDEN", grant.refusal(request.function_id)))
    middleware = grant.policy.middleware
    if middleware is None or (request.function_id.startswith("engine::") and _built_in(function)):
        return None
    question = {
        "function_id": request.function_id,
        "payload": request.data,
        "action": request.action,
        "context": grant.context,
        "namespace": namespace,
    }
    # The function is looked up in the namespace of the call, without its trace (engine 0.23).
    inspected = InvokeFunction(
        middleware, payload(question), namespace=request.namespace, metadata=request.metadata
    )
    return ask(state, inspected, lambda result, error: answer(state, call, result, error))


def _built_in(function: Function | None) -> bool:
    return function is None or function.owner <= 0


def register(state: State, peer: Peer, grant: Grant, message: ProtocolMessage) -> Actions:
    """Process a registration of a guarded session, if it is allowed."""
    match message:
        case RegisterFunction():
            return _function(state, peer, grant, message)
        case RegisterTrigger():
            return _trigger(state, peer, grant, message)
        case RegisterTriggerType():
            return _type(state, peer, grant, message)
        case UnregisterFunction():
            return state.register(peer, UnregisterFunction(grant.stored(message.id)))
    return state.register(peer, message)


def _function(state: State, peer: Peer, grant: Grant, spec: RegisterFunction) -> Actions:
    if not grant.adds_functions:
        return []
    question = {
        "function_id": spec.id,
        "description": spec.description,
        "metadata": _or_null(spec.metadata),
        "namespace": peer.namespace,
    }

    def allowed(changes: Mapping[str, Raw]) -> Actions:
        renamed = msgspec.structs.replace(
            spec,
            id=grant.stored(_text(changes, "function_id", spec.id)),
            description=_text(changes, "description", spec.description),
            metadata=changes.get("metadata", spec.metadata),
        )
        return state.register(peer, renamed)

    return _screen(state, peer, grant, grant.policy.on_function, question, allowed)


def _trigger(state: State, peer: Peer, grant: Grant, spec: RegisterTrigger) -> Actions:
    if grant.trigger_types is not None and spec.trigger_type not in grant.trigger_types:
        return []
    namespace = spec.namespace or DEFAULT
    question = {
        "trigger_id": spec.id,
        "trigger_type": spec.trigger_type,
        "function_id": spec.function_id,
        "config": spec.config,
        "metadata": _or_null(spec.metadata),
        "namespace": namespace,
    }

    def allowed(changes: Mapping[str, Raw]) -> Actions:
        changed = msgspec.structs.replace(
            spec,
            id=_text(changes, "trigger_id", spec.id),
            trigger_type=_text(changes, "trigger_type", spec.trigger_type),
            function_id=grant.stored(_text(changes, "function_id", spec.function_id)),
            config=changes.get("config", spec.config),
        )
        known = state.functions.find(namespace, changed.function_id)
        metadata = known.spec.metadata if known else ABSENT
        if grant.may_call(changed.function_id, namespace, metadata):
            return state.register(peer, changed)
        text = f"function '{changed.function_id}' not allowed in namespace '{namespace}'"
        error = ErrorBody("FORBIDDEN", text)
        names = (changed.id, changed.trigger_type, changed.function_id)
        return [Send(peer.number, TriggerRegistrationResult(*names, error))]

    return _screen(state, peer, grant, grant.policy.on_trigger, question, allowed)


def _type(state: State, peer: Peer, grant: Grant, spec: RegisterTriggerType) -> Actions:
    if not grant.adds_types:
        return []
    question = {"trigger_type_id": spec.id, "description": spec.description}

    def allowed(changes: Mapping[str, Raw]) -> Actions:
        renamed = msgspec.structs.replace(
            spec,
            id=_text(changes, "trigger_type_id", spec.id),
            description=_text(changes, "description", spec.description),
        )
        return state.register(peer, renamed)

    return _screen(state, peer, grant, grant.policy.on_type, question, allowed)


def _screen(
    state: State,
    peer: Peer,
    grant: Grant,
    hook: str | None,
    question: Mapping[str, object],
    allowed: Callable[[Mapping[str, Raw]], Actions],
) -> Actions:
    """Ask the hook, then run ``allowed`` with the changes that the hook returns."""
    if hook is None:
        return allowed({})
    peer.paused = []

    def answered(result: Raw, error: ErrorBody | None) -> Actions:
        if state.peers.get(peer.number) is not peer:
            return []
        waiting, peer.paused = peer.paused or [], None
        actions: Actions = []
        if error is None and bytes(result).lstrip().startswith(b"{"):
            changes = msgspec.json.decode(result, type=dict[str, Raw])
            actions += allowed(changes)
        for message in waiting:
            actions += state.received(peer.number, cast("FromWorker", message))
        return actions

    return ask(
        state, InvokeFunction(hook, payload({**question, "context": grant.context})), answered
    )


def _text(changes: Mapping[str, Raw], name: str, default: Any) -> Any:
    """A string from the changes, or the ``default``."""
    value = msgspec.json.decode(changes[name]) if name in changes else None
    return value if isinstance(value, str) else default


def _or_null(part: Raw) -> Raw | None:
    return part if is_given(part) else None
