"""Observers: functions that are called with what other functions were called with (0.25).

Rules of this file:

* An observer's state follows from what is there: the function, its owner's consent, the target.
  ``_settle`` works it out after every change and tells the observing worker when it is another.
* Calls that go through the engine are matched here; an owner that calls its own functions
  reports what it matched, and so does one that delivers its events itself.
* An observer ends with the connection that made it. A worker that comes back makes it again,
  with the same id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Action, Send, Wake
from mock_engine.core.calling import ask
from mock_engine.core.features import LOCAL_DISPATCH, OBSERVE
from mock_engine.core.filters import Filter
from mock_engine.core.invocations import Watched
from mock_engine.core.peers import DEFAULT, Peer
from mock_engine.core.registry import Function
from mock_engine.failures import Failure
from mock_engine.messages import (
    ABSENT,
    ErrorBody,
    FunctionRegistered,
    InvocationResult,
    InvocationsObserved,
    InvokeFunction,
    Observe,
    ObservedItem,
    ObserverAck,
    ObserverAdded,
    ObserveResult,
    ObserverRemoved,
    ObserverStateChanged,
    ObserverView,
    State,
    Unobserve,
    is_given,
    payload,
)

if TYPE_CHECKING:
    from mock_engine.core.engine import Core

CAPTURE = ("input", "output", "caller")
"""What travels to a target unless its observer says otherwise."""

OBSERVER = "observer:"
"""Where the key of a ``Wake`` begins that ends an observer."""

DEEPEST = 16
"""Events of events of events: beyond this many an observer chain is taken for a loop."""

MILLISECONDS = 1000

Actions = list[Action]
Key = tuple[str, str]


@dataclass(slots=True)
class Observer:
    """An observer and what became of it. ``consent`` is whether the function's owner accepts it.

    ``state`` and ``reason`` are what its worker was told last.
    """

    spec: Observe
    peer: int
    source: Key
    target: Key
    filter: Filter
    consent: bool = False
    refusal: ErrorBody | None = None
    was_active: bool = False
    state: State = "pending"
    reason: ErrorBody | None = None
    fires: int = 0
    running: int = 0
    queue: list[ObservedItem] = field(default_factory=list)

    def view(self) -> ObserverView:
        """The observer as the owner of its function sees it."""
        source = self.spec.source
        return ObserverView(
            self.spec.id,
            source.args if is_given(source.args) else payload({}),
            payload(self.filter.source),
            self.target[1],
            source.capture or CAPTURE,
            source.on or "success",
        )

    def accepts(self, status: str) -> bool:
        """Whether an outcome is one that it observes."""
        return (self.spec.source.on or "success") in (status, "complete")


class Observers:
    """All observers of an engine. ``clock`` tells milliseconds since the epoch."""

    def __init__(self, core: Core, clock: Callable[[], float]) -> None:
        self._core = core
        self._clock = clock
        self._observers: dict[str, Observer] = {}
        self._revisions: dict[Key, int] = {}

    def take(self, peer: Peer, message: object) -> Actions:
        """A worker sent a message about observing."""
        match message:
            case Observe():
                return self._observe(peer, message)
            case Unobserve():
                observer = self._observers.get(message.id)
                if observer is None or observer.peer != peer.number:
                    return []
                return self._dispose(observer, "UNOBSERVED", "disposed by the observing worker")
            case ObserverAck():
                return self._acknowledged(peer, message)
            case InvocationsObserved():
                return self._reported(peer, message)
        return []

    # -- functions come and go -------------------------------------------------------------------

    def registered(self, peer: Peer, function: Function) -> Actions:
        """A function is registered: tell its owner of it and of its observers."""
        key = (function.namespace, function.spec.id)
        observers = [each for each in self._observers.values() if each.source == key]
        actions: Actions = []
        if peer.features & {OBSERVE, LOCAL_DISPATCH}:
            local = LOCAL_DISPATCH in peer.features and function.spec.invocation is None
            views = tuple(each.view() for each in observers)
            told = FunctionRegistered(function.spec.id, key[0], self._revision(key), local, views)
            actions.append(Send(peer.number, told))
        for observer in observers:
            observer.consent = OBSERVE not in peer.features
        return [*actions, *self.settle()]

    def settle(self) -> Actions:
        """Something came or went: give every observer the state it should have."""
        actions: Actions = []
        for observer in tuple(self._observers.values()):
            actions += self._settle(observer)
        return actions

    def lost(self, number: int) -> Actions:
        """A worker is gone, and so is what it observes."""
        actions: Actions = []
        for observer in tuple(self._observers.values()):
            if observer.peer == number:
                actions += self._dispose(observer, "OBSERVER_DISCONNECTED", "its worker is gone")
        known = self._revisions.items()
        there = self._core.functions.find
        self._revisions = {key: number for key, number in known if there(*key) is not None}
        return actions + self.settle()

    def _revision(self, key: Key) -> int:
        return self._revisions.setdefault(key, 0)

    def _revised(self, key: Key) -> int:
        self._revisions[key] = self._revision(key) + 1
        return self._revisions[key]

    # -- observers come and go -------------------------------------------------------------------

    def _observe(self, peer: Peer, spec: Observe) -> Actions:
        try:
            observer = self._admit(peer, spec)
        except Failure as refused:
            error = ErrorBody(refused.code, str(refused))
            return [Send(peer.number, ObserveResult(spec.id, "error", error))]
        self._observers[spec.id] = observer
        function = self._core.functions.find(*observer.source)
        actions: Actions = []
        if function is not None:
            owner = self._core.peers[function.owner]
            observer.consent = OBSERVE not in owner.features
            if not observer.consent:
                revision = self._revised(observer.source)
                namespace, known = observer.source
                added = ObserverAdded(known, namespace, revision, observer.view())
                actions.append(Send(owner.number, added))
        observer.state, observer.reason = self._state(observer)
        observer.was_active = observer.state == "active"
        result = ObserveResult(spec.id, observer.state)
        if spec.expires_in_ms is not None:
            actions.append(Wake(OBSERVER + spec.id, spec.expires_in_ms / MILLISECONDS))
        return [Send(peer.number, result), *actions]

    def _admit(self, peer: Peer, spec: Observe) -> Observer:
        known = self._observers.get(spec.id)
        if known is not None and known.peer != peer.number:
            raise Failure("OBSERVER_ID_CONFLICT", f"observer {spec.id} is another worker's")
        source = (spec.source.namespace or DEFAULT, spec.source.function_id)
        target = (spec.target.namespace or DEFAULT, spec.target.function_id)
        if source == target:
            raise Failure("SELF_TARGET", f"{source[1]} cannot observe itself")
        filters = spec.source.filters
        found = Filter(msgspec.json.decode(filters) if is_given(filters) else {})
        function = self._core.functions.find(*source)
        if function is not None:
            _check_descriptor(function, spec.source.args)
        return Observer(spec, peer.number, source, target, found)

    def _acknowledged(self, peer: Peer, ack: ObserverAck) -> Actions:
        observer = self._observers.get(ack.id)
        if observer is None or self._owner(observer) != peer.number:
            return []
        observer.consent, observer.refusal = ack.error is None, ack.error
        actions = self._settle(observer)
        if ack.error is not None:
            actions += self._removed(observer)
            del self._observers[ack.id]
        return actions

    def expired(self, observer_id: str) -> Actions:
        """The time of an observer is over."""
        observer = self._observers.get(observer_id)
        return [] if observer is None else self._dispose(observer, "EXPIRED", "its time is over")

    def _dispose(self, observer: Observer, code: str, text: str) -> Actions:
        del self._observers[observer.spec.id]
        actions = self._tell(observer, "disposed", ErrorBody(code, text))
        return actions + self._removed(observer)

    def _removed(self, observer: Observer) -> Actions:
        owner = self._core.peers.get(self._owner(observer) or 0)
        if owner is None or OBSERVE not in owner.features:
            return []
        namespace, known = observer.source
        revision = self._revised(observer.source)
        return [Send(owner.number, ObserverRemoved(known, namespace, revision, observer.spec.id))]

    def _owner(self, observer: Observer) -> int | None:
        function = self._core.functions.find(*observer.source)
        return None if function is None else function.owner

    def _state(self, observer: Observer) -> tuple[State, ErrorBody | None]:
        if observer.refusal is not None:
            return "error", observer.refusal
        waiting: State = "suspended" if observer.was_active else "pending"
        for key, code in ((observer.source, "OWNER"), (observer.target, "TARGET")):
            if self._core.functions.find(*key) is None:
                text = f"{key[1]} is not registered in namespace {key[0]}"
                reason = ErrorBody(f"{code}_UNAVAILABLE", text)
                return waiting, reason if observer.was_active else None
        return ("active", None) if observer.consent else ("pending", None)

    def _settle(self, observer: Observer) -> Actions:
        state, reason = self._state(observer)
        if (state, reason) == (observer.state, observer.reason):
            return []
        observer.was_active = observer.was_active or state == "active"
        return self._tell(observer, state, reason)

    def _tell(self, observer: Observer, state: State, reason: ErrorBody | None) -> Actions:
        observer.state, observer.reason = state, reason
        told = ObserverStateChanged(
            observer.spec.id, state, observer.fires, msgspec.UNSET if reason is None else reason
        )
        return [Send(observer.peer, told)] if observer.peer in self._core.peers else []

    # -- events ----------------------------------------------------------------------------------

    def begin(self, function: Function, request: InvokeFunction, caller: Raw) -> Watched | None:
        """A call goes to the owner of its function: what is to be known when it is answered."""
        key = (function.namespace, function.spec.id)
        if any(each.source == key for each in self._observers.values()):
            return Watched(key, request, caller, self._clock())
        return None

    def finish(self, watched: Watched, answer: InvocationResult) -> Actions:
        """A call is answered."""
        function = self._core.functions.find(*watched.key)
        if function is None or _descriptor(function).get("delivery") == "owner":
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
        for observer in tuple(self._observers.values()):
            fits = observer.source == watched.key and observer.accepts(item.status)
            if fits and observer.filter.matches(document):
                actions += self._event(observer, item)
        return actions

    def _reported(self, peer: Peer, report: InvocationsObserved) -> Actions:
        actions: Actions = []
        for item in report.items:
            for observer_id in item.matched:
                observer = self._observers.get(observer_id)
                if observer is not None and self._owner(observer) == peer.number:
                    actions += self._event(observer, replace_namespace(item, observer.source[0]))
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
        activation = {"observer_id": observer.spec.id, "activation_id": self._core.new_id()}
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

        actions = ask(self._core, request, over)
        if observer.spec.max_fires is not None and observer.fires >= observer.spec.max_fires:
            observer.queue.clear()
            if observer.spec.id in self._observers:
                actions += self._dispose(observer, "MAX_FIRES", f"fired {observer.fires} times")
        return actions

    def delivery(self, peer: Peer, request: InvokeFunction) -> InvokeFunction:
        """A call in which an owner hands an event to an observer, as it goes to the target.

        Raises:
            Failure: the event is not the peer's to hand over, or the observer takes none.
        """
        observer = self._deliverable(peer, request)
        observer.fires += 1
        activation = {"observer_id": observer.spec.id, "activation_id": self._core.new_id()}
        return msgspec.structs.replace(
            request,
            namespace=observer.target[0],
            metadata=observer.spec.metadata,
            observe_depth=payload(_depth(request.observe_depth) + 1),
            activation=payload(activation),
        )

    def _deliverable(self, peer: Peer, request: InvokeFunction) -> Observer:
        given: Any = msgspec.json.decode(request.activation)
        known = given.get("observer_id") if isinstance(given, dict) else None
        observer = self._observers.get(known) if isinstance(known, str) else None
        if observer is None:
            raise Failure("OBSERVER_NOT_FOUND", f"there is no observer {known}")
        if self._owner(observer) != peer.number:
            raise Failure("NOT_FUNCTION_OWNER", f"{observer.source[1]} is another worker's")
        if request.function_id != observer.target[1]:
            raise Failure("TARGET_MISMATCH", f"observer {known} is for {observer.target[1]}")
        if observer.state != "active":
            raise Failure("OBSERVER_NOT_ACTIVE", f"observer {known} is {observer.state}")
        return observer


def replace_namespace(item: ObservedItem, namespace: str) -> ObservedItem:
    """A report with the namespace that its owner may leave out."""
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


def _descriptor(function: Function) -> dict[str, Any]:
    if not is_given(function.spec.observe):
        return {}
    found = msgspec.json.decode(function.spec.observe)
    return found if isinstance(found, dict) else {}


def _check_descriptor(function: Function, args: Raw) -> None:
    descriptor = _descriptor(function)
    if descriptor.get("allow") is False:
        raise Failure("NOT_OBSERVABLE", f"{function.spec.id} takes no observers")
    wanted = descriptor.get("args_format")
    given = msgspec.json.decode(args) if is_given(args) else {}
    if wanted is None:
        if given:
            raise Failure("INVALID_ARGS", f"{function.spec.id} takes no args")
        return
    import jsonschema  # only those who observe pay for it

    try:
        jsonschema.validate(given, wanted)
    except jsonschema.ValidationError as wrong:
        raise Failure("INVALID_ARGS", f"args of {function.spec.id}: {wrong.message}") from None


def _depth(given: Raw) -> int:
    found = msgspec.json.decode(given) if is_given(given) else 0
    return found if isinstance(found, int) and found > 0 else 0
