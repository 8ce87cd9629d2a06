"""The state machine of the engine: what each message from each worker leads to.

Rules of this file:

* ``opened``, ``received``, ``lost`` and ``elapsed`` are the only entry points; each returns the
  actions it leads to, in order. Nothing here sends, waits or reads a clock.
* Registrations are held until a worker has announced itself, or until five seconds after it
  connected; then it is in the default namespace. Invocations are never held (engine 0.23).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mock_engine.core import (
    calling,
    events,
    function_registration,
    guarding,
    trigger_registration,
)
from mock_engine.core.actions import Actions, Cut, Send, Wake
from mock_engine.core.builtins import BUILTINS
from mock_engine.core.constants import ENGINE
from mock_engine.core.grants import Policy
from mock_engine.core.observed import ObservedCalls
from mock_engine.core.observing import OBSERVER, Observers
from mock_engine.core.peers import Peer
from mock_engine.core.state import State
from mock_engine.messages import (
    ErrorBody,
    FromWorker,
    InvocationResult,
    InvocationsObserved,
    InvokeFunction,
    LocalInvocationStats,
    Observe,
    ObserverAck,
    Ping,
    Pong,
    ProtocolMessage,
    Reattach,
    RegisterFunction,
    RegisterService,
    RegisterTrigger,
    RegisterTriggerType,
    TriggerRegistrationResult,
    Unobserve,
    UnregisterFunction,
    UnregisterTrigger,
    WorkerRegistered,
)
from mock_engine.versions import Release

GRACE = 5.0
"""How long registrations wait for an announcement, in seconds."""

MOST_WAITING = 10_000
"""The most messages of one session that may wait for an auth function or a hook."""


class Core(State):
    """The engine without sockets and time. ``now`` is its start, in milliseconds since the epoch.

    ``new_id`` returns a new id. ``features`` are the features of the protocol that the engine
    advertises; ``clock`` gives them milliseconds since the epoch. A test may turn off the greeting.
    """

    observers: Observers
    observed: ObservedCalls

    def __init__(
        self,
        new_id: Callable[[], str],
        *,
        greet: bool = True,
        now: int = 0,
        features: Iterable[str] = (),
        clock: Callable[[], float] = lambda: 0.0,
        release: Release | None = None,
    ) -> None:
        super().__init__(new_id, features, release or Release())
        self.greet = greet
        self.builtins = BUILTINS
        self.observers = Observers(self)
        self.observed = ObservedCalls(self, self.observers, clock)
        self._begin(now)

    def _begin(self, now: int) -> None:
        """Add the engine itself as the first peer: it owns what every engine has."""
        title = "Core engine introspection (engine::*) and platform authoring reference."
        self.attach(ENGINE, "iii-engine-functions", title, now, provides_as="engine")
        engine = self.peers[ENGINE]
        for function_id, builtin in self.builtins.items():
            self.register(engine, RegisterFunction(function_id, builtin.description))
        for type_id, description in events.TYPES.items():
            self.register(engine, RegisterTriggerType(type_id, description))

    # -- entry points ----------------------------------------------------------------------------

    def opened(self, number: int, address: str, now: int) -> Actions:
        """A worker connected; ``now`` is in milliseconds since the epoch."""
        return self.admit(Peer(number, self.new_id(), self.new_id(), address, now))

    def authenticate(
        self,
        number: int,
        address: str,
        now: int,
        policy: Policy,
        headers: Mapping[str, str],
        query: Mapping[str, list[str]],
    ) -> Actions:
        """A worker connected to a guarded port; arguments as for ``opened``."""
        peer = Peer(number, self.new_id(), self.new_id(), address, now)
        request = {"headers": headers, "query_params": query, "ip_address": address}
        return guarding.authenticate(self, peer, policy, request)

    def authorise(
        self,
        number: int,
        address: str,
        policy: Policy,
        headers: Mapping[str, str],
        query: Mapping[str, list[str]],
    ) -> Actions:
        """A telemetry connection was opened on a guarded port."""
        request = {"headers": headers, "query_params": query, "ip_address": address}
        return guarding.authorise(self, number, policy, request)

    def admit(self, peer: Peer) -> Actions:
        """Start a session."""
        number = peer.number
        self.peers[number] = peer
        greeting = Send(number, WorkerRegistered(peer.worker_id, peer.token, self.features))
        actions: Actions = [greeting] if self.greet else []
        return [*actions, Wake(number, GRACE), *events.worker_event(self, peer, "worker_connected")]

    def attach(
        self,
        number: int,
        name: str,
        description: str,
        now: int,
        *,
        provides_as: str | None = None,
        internal: bool = True,
    ) -> None:
        """Add a module of the engine: a worker without a connection, announced at once.

        ``provides_as`` is the provider name that its trigger types show, when that is not its own
        name; ``internal`` is whether it is part of the engine.
        """
        peer = Peer(number, name, "", "", now, name=name, held=None, internal=internal)
        peer.provides_as = provides_as
        peer.facts |= {
            "description": description,
            "runtime": "engine",
            "isolation": "in-process",
            "version": self.engine_version.version,
        }
        self.peers[number] = peer

    def received(self, number: int, message: FromWorker) -> Actions:
        """A worker sent a message; messages from a worker that is gone are ignored."""
        peer = self.peers.get(number)
        if peer is None:
            return self._early(number, message)
        match message:
            case InvokeFunction() if peer.paused is None:
                return self._called(peer, message)
            case InvocationResult():
                return calling.finish(self, message)
            case TriggerRegistrationResult():
                return trigger_registration.take_result(self, peer, message)
            case Reattach():
                return self._reattach(peer, message)
            case Ping():
                return [Send(number, Pong())]
            case Pong() | LocalInvocationStats():
                return []
            case Observe() | Unobserve() | ObserverAck() | InvocationsObserved():
                return self._about_observing(peer, message) if self.features else []
        if peer.held is not None:
            peer.held.append(message)
            return []
        return self._take_registration(peer, message)

    def _about_observing(
        self, peer: Peer, message: Observe | Unobserve | ObserverAck | InvocationsObserved
    ) -> Actions:
        if isinstance(message, InvocationsObserved):
            return self.observed.reported(peer, message)
        return self.observers.take(peer, message)

    def _early(self, number: int, message: FromWorker) -> Actions:
        """Keep a message from a session that is not admitted yet."""
        pending = self.pending_sessions.get(number)
        return [] if pending is None else self._postpone(number, pending.messages, message)

    def _postpone(
        self, number: int, waiting: list[ProtocolMessage], message: ProtocolMessage
    ) -> Actions:
        """Keep a message until a decision is made; a session that sends too many is cut off."""
        waiting.append(message)
        return [Cut(number)] if len(waiting) > MOST_WAITING else []

    def lost(self, number: int) -> Actions:
        """A worker's connection is gone."""
        self.pending_sessions.pop(number, None)
        peer = self.peers.pop(number, None)
        if peer is None:
            return []
        self.functions.remove_all(number)
        self.calls.lose_caller(number)
        waiting = self.pending_triggers.items()
        self.pending_triggers = {key: call for key, call in waiting if call.caller != number}
        stopped = ErrorBody("invocation_stopped", "Invocation stopped")
        actions: Actions = []
        for _, call in self.calls.lose_owner(number):
            actions += calling.answer(self, call, error=stopped)
        actions += trigger_registration.moved(self, self.triggers.lose(number))
        if self.features:
            actions += self.observers.lost(number)
        return actions + events.worker_event(self, peer, "worker_disconnected")

    def elapsed(self, key: int | str) -> Actions:
        """The time of a ``Wake`` is over: a worker's grace, or a provider's time to object."""
        if isinstance(key, str):
            observer = key.removeprefix(OBSERVER)
            if observer != key:
                return self.observers.expired(observer)
            return trigger_registration.unopposed(self, key)
        peer = self.peers.get(key)
        return [] if peer is None else self.release(peer)

    def looked(self) -> Actions:
        """Compare the functions with those at the last check, and notify the triggers."""
        return events.functions_event(self)

    # -- registrations ---------------------------------------------------------------------------

    def release(self, peer: Peer) -> Actions:
        """Process the registrations that a peer sent before it was announced, and hold no more."""
        held, peer.held = peer.held or [], None
        actions: Actions = []
        for message in held:
            actions += self._take_registration(peer, message)
        return actions

    def _take_registration(self, peer: Peer, message: ProtocolMessage) -> Actions:
        """Process a registration, at once or after the earlier ones are decided."""
        if peer.paused is not None:
            return self._postpone(peer.number, peer.paused, message)
        if peer.grant is not None:
            return guarding.register(self, peer, peer.grant, message)
        return self.register(peer, message)

    def register(self, peer: Peer, message: ProtocolMessage) -> Actions:
        """Process a registration that is allowed."""
        return _REGISTER[type(message)](self, peer, message)

    def _reattach(self, peer: Peer, message: Reattach) -> Actions:
        for number, other in self.peers.items():
            known = (other.worker_id, other.token)
            if other.internal or other is peer:  # the name of a module is not secret
                continue
            if known == (message.previous_worker_id, message.reattach_token):
                return [Cut(number), *self.lost(number)]
        return []

    # -- invocations -----------------------------------------------------------------------------

    def _called(self, peer: Peer, request: InvokeFunction) -> Actions:
        """A worker called a function; on a guarded port, the call may be changed or refused."""
        if peer.grant is not None:
            screened = guarding.screened(self, peer, peer.grant, request)
            if screened is not None:
                return screened
        return calling.invoke(self, peer, request)


_REGISTER: Mapping[type, Callable[[State, Peer, ProtocolMessage], Actions]] = {
    RegisterFunction: function_registration.register_function,
    UnregisterFunction: function_registration.unregister_function,
    RegisterTriggerType: trigger_registration.register_type,
    RegisterTrigger: trigger_registration.register_trigger,
    UnregisterTrigger: trigger_registration.unregister_trigger,
    RegisterService: lambda *_: [],
}
