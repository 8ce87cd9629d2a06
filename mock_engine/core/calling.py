"""Calls, from whoever makes them to the owner of the function, and the answers back.

A call is remembered before it is sent, so no answer can come too early.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Action, Send
from mock_engine.core.enqueueing import enqueue
from mock_engine.core.features import OBSERVE
from mock_engine.core.forwarding import given, with_caller, with_function, with_identity
from mock_engine.core.generations import NEWER_FUNCTION
from mock_engine.core.invocations import Call
from mock_engine.core.peers import DEFAULT, ENGINE, Peer
from mock_engine.core.registry import Function
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

if TYPE_CHECKING:
    from mock_engine.core.engine import Core

Actions = list[Action]

Then = Callable[[Raw, ErrorBody | None], Actions]
"""What follows when a function that the core itself called has answered."""


def ask(core: Core, request: InvokeFunction, then: Then) -> Actions:
    """Call a function for the core itself; ``then`` says what follows its answer."""
    invocation_id = core.new_id()
    core.asked[invocation_id] = then
    named = msgspec.structs.replace(request, invocation_id=invocation_id)
    return invoke(core, core.peers[ENGINE], named)


def invoke(core: Core, peer: Peer, request: InvokeFunction) -> Actions:
    """Call a function for a peer."""
    void = request.invocation_id is None or isinstance(request.action, VoidAction)
    call = Call(None if void else peer.number, 0, request)
    try:
        return _routed(core, peer, call)
    except Failure as fault:
        return answer(core, call, error=ErrorBody(fault.code, str(fault)))


def _routed(core: Core, peer: Peer, call: Call) -> Actions:
    """Pass a call on to whoever does what it wants."""
    request = call.request
    if isinstance(request.action, EnqueueAction):
        return enqueue(core, call, request.action)
    if request.namespace is not None:
        refuse_blank("namespace", request.namespace)
    if core.features and is_given(request.activation) and not peer.internal:
        request = core.observed.delivery(peer, request)
        call = Call(call.caller, 0, request)
    namespace = request.namespace or DEFAULT
    function = core.functions.find(namespace, request.function_id)
    if function is None and request.function_id in NEWER_FUNCTION:
        function = core.functions.find(namespace, NEWER_FUNCTION[request.function_id])
    if function is None:
        raise _not_found(core, request.function_id, namespace, plain=peer.internal)
    if function.owner == ENGINE and function.spec.id in core.builtins:
        result, actions = core.builtins[function.spec.id].handler(core, peer, call)
        return actions if result is None else [*actions, *answer(core, call, payload(result))]
    return _forward(core, peer, call, function)


def refuse_blank(field: str, namespace: str | None) -> None:
    """Hold that a namespace that is named is not blank.

    Raises:
        Failure: it is.
    """
    if namespace is not None and not namespace.strip():
        text = (
            f"`{field}` is empty: it was named and left blank. "
            "Give it a name, or omit it to use `default`."
        )
        raise Failure("INVALID_NAMESPACE", text)


def _not_found(core: Core, function_id: str, namespace: str, *, plain: bool) -> Failure:
    """The error for an unknown function; ``plain`` is how modules pass it on."""
    text = f"Function {function_id} not found in namespace {namespace}"
    if plain:
        return Failure("function_not_found", text)
    places = core.functions.namespaces_of(function_id)
    hint = f" It is registered in namespace(s): {', '.join(places)}." if places else ""
    return Failure("function_not_found", f"{text}.{hint}")


def _forward(core: Core, peer: Peer, call: Call, function: Function) -> Actions:
    request = call.request
    owner = core.peers[function.owner]
    known = request.invocation_id if call.caller is not None else None
    invocation_id = known or core.new_id()
    caller = with_identity(request.caller, peer) if core.features else ABSENT
    watched = core.observed.begin(function, request, caller) if core.features else None
    call = Call(call.caller, function.owner, request, exact=owner.internal, watched=watched)
    actions: Actions = []
    replaced = core.calls.begin(invocation_id, call)
    if replaced is not None:
        closed = ErrorBody("invocation_error", "channel closed")
        actions += answer(core, replaced, error=closed)
    function_id = function.spec.id
    between_workers = not (peer.internal or owner.internal)
    forwarded = InvokeFunction(
        function_id if owner.grant is None else owner.grant.bare(function_id),
        request.data if peer.internal else with_caller(request.data, peer.worker_id),
        invocation_id=invocation_id,
        metadata=given(request.metadata),
        traceparent=request.traceparent,
        baggage=with_function(request) if between_workers else request.baggage,
    )
    if OBSERVE in owner.features:
        forwarded = msgspec.structs.replace(
            forwarded,
            caller=caller,
            observe_depth=given(request.observe_depth),
            activation=given(request.activation),
        )
    if function.spec.invocation is None or core.outbound is None:
        return [*actions, Send(function.owner, forwarded)]
    named = msgspec.structs.replace(forwarded, namespace=function.namespace)
    return [*actions, Send(core.outbound.peer, named)]


def finish(core: Core, result: InvocationResult) -> Actions:
    """The owner of a function answered."""
    call = core.calls.finish(result.invocation_id)
    if call is None:
        return []
    if call.watched is not None:
        return [*_settle(core, call, result), *core.observed.finish(call.watched, result)]
    return _settle(core, call, result)


def _settle(core: Core, call: Call, result: InvocationResult) -> Actions:
    if call.receipt is None:
        return answer(core, call, result.result, result.error)
    if result.error is None:
        return answer(core, call, payload({"messageReceiptId": call.receipt}))
    text = f"{result.error.code}: {result.error.message}"
    return answer(core, call, error=ErrorBody("enqueue_error", text))


def answer(core: Core, call: Call, result: Raw = NULL, error: ErrorBody | None = None) -> Actions:
    """Tell whoever waits for a call what became of it."""
    request = call.request
    if call.caller is None or request.invocation_id is None:
        return []
    if call.caller == ENGINE and request.invocation_id in core.asked:
        return core.asked.pop(request.invocation_id)(result, error)
    told = error is None and (is_given(result) or (call.exact and result != ABSENT))
    said = InvocationResult(
        request.invocation_id,
        request.function_id,
        result if told else ABSENT,
        error,
        request.traceparent,
        request.baggage,
    )
    return [Send(call.caller, said)]
