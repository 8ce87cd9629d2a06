"""Observers: functions that are called when other functions were called (0.25).

Rules of this file:

* An observer's state is derived from what exists: the function, its owner's consent, the target.
  ``_settle`` computes it after every change and notifies the observing worker when it differs.
* An observer ends with the connection that created it. A worker that reconnects creates it again,
  with the same id.
"""

from __future__ import annotations

import msgspec

from mock_engine.core.actions import Actions, Send, Wake
from mock_engine.core.constants import DEFAULT
from mock_engine.core.filters import Filter
from mock_engine.core.observer import Key, Observer, check_args
from mock_engine.core.peers import Peer
from mock_engine.core.registry import Function
from mock_engine.core.state import State
from mock_engine.failures import Failure
from mock_engine.messages import (
    ErrorBody,
    FunctionRegistered,
    Observe,
    ObserverAck,
    ObserverAdded,
    ObserveResult,
    ObserverRemoved,
    ObserverState,
    ObserverStateChanged,
    Unobserve,
    is_given,
)
from mock_engine.versions import LOCAL_DISPATCH, OBSERVE

OBSERVER = "observer:"
"""The prefix of the key of a ``Wake`` that ends an observer."""

MILLISECONDS = 1000


class Observers:
    """All observers of an engine."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._observers: dict[str, Observer] = {}
        self._revisions: dict[Key, int] = {}

    def get(self, observer_id: str) -> Observer | None:
        """The observer with an id."""
        return self._observers.get(observer_id)

    def of(self, source: Key) -> list[Observer]:
        """The observers of a function."""
        return [each for each in self._observers.values() if each.source == source]

    def owner(self, observer: Observer) -> int | None:
        """The number of the peer that owns the observed function; ``None`` if there is none."""
        function = self._state.functions.find(*observer.source)
        return None if function is None else function.owner

    def take(self, peer: Peer, message: Observe | Unobserve | ObserverAck) -> Actions:
        """Process a worker's message about observing."""
        match message:
            case Observe():
                return self._observe(peer, message)
            case Unobserve():
                observer = self._observers.get(message.id)
                if observer is None or observer.peer != peer.number:
                    return []
                return self.dispose(observer, "UNOBSERVED", "disposed by the observing worker")
            case ObserverAck():
                return self._acknowledged(peer, message)
        return []

    # -- functions come and go -------------------------------------------------------------------

    def registered(self, peer: Peer, function: Function) -> Actions:
        """A function is registered: confirm it to its owner, with its observers."""
        key = (function.namespace, function.spec.id)
        observers = self.of(key)
        actions: Actions = []
        if peer.features & {OBSERVE, LOCAL_DISPATCH}:
            local = LOCAL_DISPATCH in peer.features and function.spec.invocation is None
            views = tuple(each.view() for each in observers)
            confirmation = FunctionRegistered(
                function.spec.id, key[0], self._revision(key), local, views
            )
            actions.append(Send(peer.number, confirmation))
        for observer in observers:
            observer.consent = OBSERVE not in peer.features
        return [*actions, *self.settle()]

    def settle(self) -> Actions:
        """A function or worker came or went: update the state of every observer."""
        actions: Actions = []
        for observer in tuple(self._observers.values()):
            actions += self._settle(observer)
        return actions

    def lost(self, number: int) -> Actions:
        """A worker is gone, together with its observers."""
        actions: Actions = []
        for observer in tuple(self._observers.values()):
            if observer.peer == number:
                actions += self.dispose(observer, "OBSERVER_DISCONNECTED", "its worker is gone")
        known = self._revisions.items()
        there = self._state.functions.find
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
        function = self._state.functions.find(*observer.source)
        actions: Actions = []
        if function is not None:
            owner = self._state.peers[function.owner]
            observer.consent = OBSERVE not in owner.features
            if not observer.consent:
                revision = self._revised(observer.source)
                namespace, known = observer.source
                added = ObserverAdded(known, namespace, revision, observer.view())
                actions.append(Send(owner.number, added))
        observer.state, observer.reason = self._state_of(observer)
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
        function = self._state.functions.find(*source)
        if function is not None:
            check_args(function, spec.source.args)
        return Observer(spec, peer.number, source, target, found)

    def _acknowledged(self, peer: Peer, ack: ObserverAck) -> Actions:
        observer = self._observers.get(ack.id)
        if observer is None or self.owner(observer) != peer.number:
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
        return [] if observer is None else self.dispose(observer, "EXPIRED", "its time is over")

    def dispose(self, observer: Observer, code: str, text: str) -> Actions:
        """End an observer, and give its worker the reason."""
        del self._observers[observer.spec.id]
        actions = self._report(observer, "disposed", ErrorBody(code, text))
        return actions + self._removed(observer)

    def _removed(self, observer: Observer) -> Actions:
        owner = self._state.peers.get(self.owner(observer) or 0)
        if owner is None or OBSERVE not in owner.features:
            return []
        namespace, known = observer.source
        revision = self._revised(observer.source)
        return [Send(owner.number, ObserverRemoved(known, namespace, revision, observer.spec.id))]

    def _state_of(self, observer: Observer) -> tuple[ObserverState, ErrorBody | None]:
        if observer.refusal is not None:
            return "error", observer.refusal
        waiting: ObserverState = "suspended" if observer.was_active else "pending"
        for key, code in ((observer.source, "OWNER"), (observer.target, "TARGET")):
            if self._state.functions.find(*key) is None:
                text = f"{key[1]} is not registered in namespace {key[0]}"
                reason = ErrorBody(f"{code}_UNAVAILABLE", text)
                return waiting, reason if observer.was_active else None
        return ("active", None) if observer.consent else ("pending", None)

    def _settle(self, observer: Observer) -> Actions:
        state, reason = self._state_of(observer)
        if (state, reason) == (observer.state, observer.reason):
            return []
        observer.was_active = observer.was_active or state == "active"
        return self._report(observer, state, reason)

    def _report(
        self, observer: Observer, state: ObserverState, reason: ErrorBody | None
    ) -> Actions:
        observer.state, observer.reason = state, reason
        changed = ObserverStateChanged(
            observer.spec.id, state, observer.fires, msgspec.UNSET if reason is None else reason
        )
        return [Send(observer.peer, changed)] if observer.peer in self._state.peers else []
