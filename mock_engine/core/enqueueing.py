"""Calls that go into a queue: the queue provider gets the call, the caller gets a receipt."""

from __future__ import annotations

from mock_engine.core.actions import Actions, Send
from mock_engine.core.constants import DEFAULT
from mock_engine.core.invocations import Call
from mock_engine.core.state import State
from mock_engine.core.tracing import FUNCTION, new_span, well_formed, without_function
from mock_engine.failures import Failure
from mock_engine.messages import EnqueueAction, InvokeFunction, payload

ENQUEUE = "engine::queue::enqueue"


def enqueue(state: State, call: Call, action: EnqueueAction) -> Actions:
    """Hand a call to the queue provider.

    Raises:
        Failure: there is no queue provider.
    """
    provider = state.functions.find(DEFAULT, ENQUEUE)
    if provider is None:
        raise Failure(
            "enqueue_error",
            "No queue provider is installed. `TriggerAction::Enqueue` routes through the "
            f"`{ENQUEUE}` provider, which the standalone queue worker registers. Add it with "
            f"`iii worker add queue`. (underlying: Function {ENQUEUE} not found in namespace "
            f"{DEFAULT})",
        )
    request, receipt = call.request, state.new_id()
    function = f"{FUNCTION}={request.function_id}"
    baggage = ",".join([function, *without_function(request.baggage)])
    traceparent = well_formed(request.traceparent)
    job = {
        "queue": action.queue,
        "function_id": request.function_id,
        "data": request.data,
        "messageReceiptId": receipt,
        "traceparent": traceparent,
        "baggage": baggage,
    }
    if request.namespace not in (None, DEFAULT):
        job["namespace"] = request.namespace
    invocation_id = state.new_id()
    state.calls.begin(invocation_id, Call(call.caller, provider.owner, request, receipt))
    forwarded = InvokeFunction(
        ENQUEUE,
        payload(job),
        invocation_id=invocation_id,
        traceparent=new_span(state.new_id, traceparent),
        baggage=baggage,
    )
    return [Send(provider.owner, forwarded)]
