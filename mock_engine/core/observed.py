"""Observed calls, and the events that observers get for them (0.25).

Calls that go through the engine are matched here; an owner that calls its own functions reports its
own matches, and so does an owner that delivers its events itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Actions
from mock_engine.core.calling import ask
from mock_engine.core.invocations import Watched
from mock_engine.core.observer import CAPTURE, Observer, descriptor, matched
from mock_engine.core.observing import Observers
from mock_engine.core.peers import Peer
from mock_engine.core.registry import Function
from mock_engine.core.state import State
from mock_engine.failures import Failure
from mock_engine.messages import (
    ABSENT,
    ErrorBody,
    InvocationResult,
    InvocationsObserved,
    InvokeFunction,
    ObservedItem,
    is_given,
    payload,
)
from mock_engine.versions import OBSERVE_HOOKS

DEEPEST = 16
"""The deepest chain of events that cause events; a longer one is treated as a loop."""


class ObservedCalls:
    """Notifies observers of calls. ``clock`` gives milliseconds since the epoch."""

    def __init__(self, state: State, observers: Observers, clock: Callable[[], float]) -> None:
        self._state = state
        self._observers = observers
        self._clock = clock

    def begin(self, function: Function, request: InvokeFunction, caller: Raw) -> Watched | None:
        """A call is sent to the owner of its function; return what the answer will need."""
        key = (function.namespace, function.spec.id)
        if self._observers.of(key):
            return Watched(key, request, caller, self._clock())
        return None

    def finish(self, watched: Watched, answer: InvocationResult) -> Actions:
        """A call is answered."""
        function = self._state.functions.find(*watched.key)
        if function is None or descriptor(function).get("delivery") == "owner":
            return []
        failed = answer.error is not None
        item = ObservedItem(
            watched.key[1],
            answer.invocation_id,
            "error" if failed else "success",
            int(watched.at),
            self._clock() - watched.at,
            namespace=watched.key[0],
            input=watched.request.data,
            output=ABSENT if failed else (answer.result or payload(None)),
            error=payload(answer.error) if failed else ABSENT,
            caller=watched.caller,
            metadata=watched.request.metadata,
            observe_depth=_depth(watched.request.observe_depth),
            traceparent=watched.request.traceparent,
            baggage=watched.request.baggage,
        )
        document = {
            root: msgspec.json.decode(part)
            for root in ("input", "output", "error", "caller", "metadata")
            if bytes(part := getattr(item, root))
        }
        actions: Actions = []
        chosen = matched(answer) if OBSERVE_HOOKS in self._state.features else None
        for observer in self._observers.of(watched.key):
            if chosen is not None and observer.spec.id not in chosen:
                continue
            if observer.accepts(item.status) and observer.filter.matches(document):
                actions += self._event(observer, item)
        return actions

    def reported(self, peer: Peer, report: InvocationsObserved) -> Actions:
        """Process a report of an owner about calls that the engine did not see."""
        actions: Actions = []
        for item in report.items:
            for observer_id in item.matched:
                observer = self._observers.get(observer_id)
                if observer is not None and self._observers.owner(observer) == peer.number:
                    actions += self._event(observer, _in_namespace(item, observer.source[0]))
        return actions

    def _event(self, observer: Observer, item: ObservedItem) -> Actions:
        if observer.state != "active" or item.observe_depth >= DEEPEST:
            return []
        most = observer.spec.max_in_flight
        if most is not None and observer.running >= most:
            observer.queue.append(item)
            return []
        return self._activate(observer, item)

    def _activate(self, observer: Observer, item: ObservedItem) -> Actions:
        observer.fires += 1
        observer.running += 1
        activation = {"observer_id": observer.spec.id, "activation_id": self._state.new_id()}
        request = InvokeFunction(
            observer.target[1],
            _delivered(observer, item, activation),
            namespace=observer.target[0],
            metadata=observer.spec.metadata,
            traceparent=item.traceparent,
            baggage=item.baggage,
            observe_depth=payload(item.observe_depth + 1),
            activation=payload(activation),
        )

        def over(result: Raw, error: ErrorBody | None) -> Actions:
            del result, error
            observer.running -= 1
            following = observer.queue.pop(0) if observer.queue else None
            return [] if following is None else self._activate(observer, following)

        actions = ask(self._state, request, over)
        if observer.spec.max_fires is not None and observer.fires >= observer.spec.max_fires:
            observer.queue.clear()
            if self._observers.get(observer.spec.id) is not None:
                text = f"fired {observer.fires} times"
                actions += self._observers.dispose(observer, "MAX_FIRES", text)
        return actions

    def delivery(self, peer: Peer, request: InvokeFunction) -> InvokeFunction:
        """The call in which an owner delivers an event to an observer, as the target receives it.

        Raises:
            Failure: the peer may not deliver the event, or the observer accepts none.
        """
        observer = self._deliverable(peer, request)
        observer.fires += 1
        activation = {"observer_id": observer.spec.id, "activation_id": self._state.new_id()}
        return msgspec.structs.replace(
            request,
            namespace=observer.target[0],
            metadata=observer.spec.metadata,
            observe_depth=payload(_depth(request.observe_depth) + 1),
            activation=payload(activation),
        )

    def _deliverable(self, peer: Peer, request: InvokeFunction) -> Observer:
        part: Any = msgspec.json.decode(request.activation)
        known = part.get("observer_id") if isinstance(part, dict) else None
        observer = self._observers.get(known) if isinstance(known, str) else None
        if observer is None:
            raise Failure("OBSERVER_NOT_FOUND", f"there is no observer {known}")
        if self._observers.owner(observer) != peer.number:
            raise Failure("NOT_FUNCTION_OWNER", f"{observer.source[1]} is another worker's")
        if request.function_id != observer.target[1]:
            raise Failure("TARGET_MISMATCH", f"observer {known} is for {observer.target[1]}")
        if observer.state != "active":
            raise Failure("OBSERVER_NOT_ACTIVE", f"observer {known} is {observer.state}")
        return observer


def _in_namespace(item: ObservedItem, namespace: str) -> ObservedItem:
    """A report with its namespace, which an owner may leave out."""
    return item if item.namespace else msgspec.structs.replace(item, namespace=namespace)


def _delivered(observer: Observer, item: ObservedItem, activation: dict[str, str]) -> Raw:
    deliver = observer.spec.source.deliver or "envelope"
    if deliver in ("input", "output"):
        part: Raw = getattr(item, deliver)
        return part if bytes(part) else payload(None)
    envelope: dict[str, Any] = {
        **activation,
        "function_id": item.function_id,
        "namespace": item.namespace,
        "invocation_id": item.invocation_id,
        "status": item.status,
        "started_at_ms": item.started_at_ms,
        "duration_ms": item.duration_ms,
    }
    for root in observer.spec.source.capture or CAPTURE:
        captured = getattr(item, root, ABSENT)
        if bytes(captured):
            envelope[root] = captured
    return payload(envelope)


def _depth(part: Raw) -> int:
    found = msgspec.json.decode(part) if is_given(part) else 0
    return found if isinstance(found, int) and found > 0 else 0
