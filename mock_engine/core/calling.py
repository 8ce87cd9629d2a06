"""Calls from the caller to the owner of the function, and their answers.

A call is stored before it is sent, so no answer can come too early.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Actions, Send
from mock_engine.core.constants import DEFAULT, ENGINE
from mock_engine.core.enqueueing import enqueue
from mock_engine.core.forwarding import or_absent, with_caller, with_identity
from mock_engine.core.invocations import Call
from mock_engine.core.observer import is_private
from mock_engine.core.peers import Peer
from mock_engine.core.registry import Function
from mock_engine.core.state import Continuation, State
from mock_engine.core.tracing import naming, well_formed
from mock_engine.failures import Failure
from mock_engine.messages import (
    ABSENT,
    NULL,
    EnqueueAction,
    ErrorBody,
    InvocationResult,
    InvokeFunction,
    VoidAction,
    is_given,
    payload,
)
from mock_engine.versions import NEWER_FUNCTION, OBSERVE, OBSERVE_HOOKS


def ask(state: State, request: InvokeFunction, then: Continuation) -> Actions:
    """Call a function on behalf of the core; ``then`` handles the answer."""
    invocation_id = state.new_id()
    state.continuations[invocation_id] = then
    named = msgspec.structs.replace(request, invocation_id=invocation_id)
    return invoke(state, state.peers[ENGINE], named)


def invoke(state: State, peer: Peer, request: InvokeFunction) -> Actions:
    """Call a function on behalf of a peer."""
    if request.namespace is not None and not request.namespace.strip():
        return _refuse_blank_namespace(state, peer, request)
    void = request.invocation_id is None or isinstance(request.action, VoidAction)
    call = Call(None if void else peer.number, 0, request)
    try:
        return _routed(state, peer, call)
    except Failure as fault:
        return answer(state, call, error=ErrorBody(fault.code, str(fault)))


def _refuse_blank_namespace(state: State, peer: Peer, request: InvokeFunction) -> Actions:
    """Refuse a call with a blank namespace; one without an id is answered under a new id (0.23)."""
    known = request.invocation_id or state.new_id()
    call = Call(peer.number, 0, msgspec.structs.replace(request, invocation_id=known))
    error = blank_namespace("namespace")
    return answer(state, call, error=ErrorBody(error.code, str(error)))


def _routed(state: State, peer: Peer, call: Call) -> Actions:
    """Dispatch a call: to a queue, to a built-in function, or to its owner."""
    request = call.request
    if isinstance(request.action, EnqueueAction):
        return enqueue(state, call, request.action)
    if state.features and is_given(request.activation) and not peer.internal:
        request = state.observed.delivery(peer, request)
        call = Call(call.caller, 0, request)
    namespace = request.namespace or DEFAULT
    function = state.functions.find(namespace, request.function_id)
    if function is None and request.function_id in NEWER_FUNCTION:
        function = state.functions.find(namespace, NEWER_FUNCTION[request.function_id])
    if function is None:
        raise _not_found(state, request.function_id, namespace, plain=peer.internal)
    if OBSERVE_HOOKS in state.features and is_private(function) and function.owner != peer.number:
        raise Failure("FORBIDDEN", f"{request.function_id} is called by its own worker alone")
    if function.owner == ENGINE and function.spec.id in state.builtins:
        result, actions = state.builtins[function.spec.id].handler(state, peer, call)
        return actions if result is None else [*actions, *answer(state, call, payload(result))]
    return _forward(state, peer, call, function)


def blank_namespace(field: str) -> Failure:
    """The error for a namespace that is given, but blank."""
    text = (
        f"`{field}` is empty: it was named and left blank. "
        "Give it a name, or omit it to use `default`."
    )
    return Failure("INVALID_NAMESPACE", text)


def _not_found(state: State, function_id: str, namespace: str, *, plain: bool) -> Failure:
    """The error for an unknown function; ``plain`` is the form in which modules pass it on."""
    text = f"Function {function_id} not found in namespace {namespace}"
    if plain:
        return Failure("function_not_found", text)
    places = state.functions.namespaces_of(function_id)
    hint = f" It is registered in namespace(s): {', '.join(places)}." if places else ""
    return Failure("function_not_found", f"{text}.{hint}")


def _forward(state: State, peer: Peer, call: Call, function: Function) -> Actions:
    request = call.request
    owner = state.peers[function.owner]
    known = request.invocation_id if call.caller is not None else None
    invocation_id = known or state.new_id()
    caller = with_identity(request.caller, peer) if state.features else ABSENT
    watched = state.observed.begin(function, request, caller) if state.features else None
    call = Call(call.caller, function.owner, request, exact=owner.internal, watched=watched)
    actions: Actions = []
    replaced = state.calls.begin(invocation_id, call)
    if replaced is not None:
        closed = ErrorBody("invocation_error", "channel closed")
        actions += answer(state, replaced, error=closed)
    function_id = function.spec.id
    between_workers = not (peer.internal or owner.internal)
    traceparent = well_formed(request.traceparent)
    baggage = request.baggage
    if between_workers:
        baggage = naming(function_id, traceparent, baggage)
    forwarded = InvokeFunction(
        function_id if owner.grant is None else owner.grant.bare(function_id),
        request.data if peer.internal else with_caller(request.data, peer.worker_id),
        invocation_id=invocation_id,
        metadata=or_absent(request.metadata),
        traceparent=traceparent,
        baggage=baggage,
    )
    if OBSERVE in owner.features:
        forwarded = msgspec.structs.replace(
            forwarded,
            caller=caller,
            observe_depth=or_absent(request.observe_depth),
            activation=or_absent(request.activation),
        )
    if function.spec.invocation is None or state.outbound is None:
        return [*actions, Send(function.owner, forwarded)]
    named = msgspec.structs.replace(forwarded, namespace=function.namespace)
    return [*actions, Send(state.outbound.peer, named)]


def finish(state: State, result: InvocationResult) -> Actions:
    """Handle the answer of a function's owner."""
    call = state.calls.finish(result.invocation_id)
    if call is None:
        return []
    if call.watched is not None:
        return [*_settle(state, call, result), *state.observed.finish(call.watched, result)]
    return _settle(state, call, result)


def _settle(state: State, call: Call, result: InvocationResult) -> Actions:
    if call.receipt is None:
        return answer(state, call, result.result, result.error)
    if result.error is None:
        return answer(state, call, payload({"messageReceiptId": call.receipt}))
    text = f"{result.error.code}: {result.error.message}"
    return answer(state, call, error=ErrorBody("enqueue_error", text))


def answer(state: State, call: Call, result: Raw = NULL, error: ErrorBody | None = None) -> Actions:
    """Answer the caller, if it expects an answer."""
    request = call.request
    if call.caller is None or request.invocation_id is None:
        return []
    if call.caller == ENGINE and request.invocation_id in state.continuations:
        return state.continuations.pop(request.invocation_id)(result, error)
    has_result = error is None and (is_given(result) or (call.exact and result != ABSENT))
    reply = InvocationResult(
        request.invocation_id,
        request.function_id,
        result if has_result else ABSENT,
        error,
        request.traceparent,
        request.baggage,
    )
    return [Send(call.caller, reply)]
