"""The state machine of the engine: what each message of each worker leads to.

Rules of this file:

* ``opened``, ``received``, ``lost`` and ``elapsed`` are the only ways in; each returns the
  actions it leads to, in order. Nothing here sends, waits or reads a clock.
* Registrations are held until a worker has announced itself, or five seconds after it came; then
  it is in the default namespace. Invocations are never held (engine 0.23).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mock_engine.core import calling, events, guarding, providing, registering
from mock_engine.core.actions import Action, Cut, Send, Wake
from mock_engine.core.builtin import BUILTINS
from mock_engine.core.grants import Policy
from mock_engine.core.invocations import Call, Calls
from mock_engine.core.observed import Observed
from mock_engine.core.observing import OBSERVER, Observers
from mock_engine.core.peers import ENGINE, Peer
from mock_engine.core.registry import Registry
from mock_engine.core.triggers import Triggers
from mock_engine.messages import (
    ErrorBody,
    FromWorker,
    HttpInvocation,
    InvocationResult,
    InvocationsObserved,
    InvokeFunction,
    LocalInvocationStats,
    Message,
    Observe,
    ObserverAck,
    Ping,
    Pong,
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

GRACE = 5.0
"""Seconds for which registrations wait for an announcement."""

VERSION = "0.23.0-rc.4"
"""The version of the engine whose behaviour this is."""

MOST_WAITING = 10_000
"""Messages of one session that may wait for an auth function or a hook."""

Actions = list[Action]


@dataclass(frozen=True, slots=True)
class Outbound:
    """The module that calls functions behind URLs, and which of them it will call."""

    peer: int
    allows: Callable[[HttpInvocation], bool]


class Core:
    """The engine's state. ``now`` is when it begins; ``new_id`` gives fresh ids.

    ``outbound`` calls functions behind URLs; without it there are none. ``features`` are those of
    protocol 0.25 that it advertises, and ``clock`` tells them milliseconds since the epoch.
    """

    def __init__(
        self,
        *,
        greet: bool = True,
        now: int = 0,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        features: Iterable[str] = (),
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.greet = greet
        self.features = tuple(features)
        self.observers = Observers(self)
        self.observed = Observed(self, self.observers, clock)
        self.new_id = new_id
        self.builtins = BUILTINS
        self.peers: dict[int, Peer] = {}
        self.functions = Registry()
        self.calls = Calls()
        self.triggers = Triggers()
        self.registering: dict[str, Call] = {}
        self.outbound: Outbound | None = None
        self.visits: dict[int, guarding.Visit] = {}
        self.asked: dict[str, calling.Then] = {}
        self.seen_functions: set[tuple[str, str]] = set()
        self._begin(now)

    def _begin(self, now: int) -> None:
        """Be the first peer of oneself: the owner of what every engine has."""
        title = "Core engine introspection (engine::*) and platform authoring reference."
        self.attach(ENGINE, "iii-engine-functions", title, now, provides_as="engine")
        engine = self.peers[ENGINE]
        for function_id, builtin in self.builtins.items():
            self.filed(engine, RegisterFunction(function_id, builtin.description))
        for type_id, description in events.TYPES.items():
            self.filed(engine, RegisterTriggerType(type_id, description))

    # -- the ways in -----------------------------------------------------------------------------

    def opened(self, number: int, address: str, now: int) -> Actions:
        """A worker connected; ``now`` is in milliseconds since the epoch."""
        return self.admit(Peer(number, self.new_id(), self.new_id(), address, now))

    def knocked(
        self,
        number: int,
        address: str,
        now: int,
        policy: Policy,
        headers: Mapping[str, str],
        query: Mapping[str, list[str]],
    ) -> Actions:
        """A worker connected to a guarded port; as ``opened``."""
        peer = Peer(number, self.new_id(), self.new_id(), address, now)
        request = {"headers": headers, "query_params": query, "ip_address": address}
        return guarding.knock(self, peer, policy, request)

    def vetted(
        self,
        number: int,
        address: str,
        policy: Policy,
        headers: Mapping[str, str],
        query: Mapping[str, list[str]],
    ) -> Actions:
        """A connection for telemetry opened on a guarded port."""
        request = {"headers": headers, "query_params": query, "ip_address": address}
        return guarding.vet(self, number, policy, request)

    def admit(self, peer: Peer) -> Actions:
        """A session begins."""
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
        """A module of the engine is there: a worker without a connection, announced at once.

        ``provides_as`` is what its trigger types call it when that is not its name; ``internal``
        is whether it is a part of the engine.
        """
        peer = Peer(number, name, "", "", now, name=name, held=None, internal=internal)
        peer.provides_as = provides_as
        peer.facts |= {
            "description": description,
            "runtime": "engine",
            "isolation": "in-process",
            "version": VERSION,
        }
        self.peers[number] = peer

    def received(self, number: int, message: FromWorker) -> Actions:
        """A worker sent a message; those of a worker that is gone lead to nothing."""
        peer = self.peers.get(number)
        if peer is None:
            return self._early(number, message)
        match message:
            case InvokeFunction() if peer.paused is None:
                return self._called(peer, message)
            case InvocationResult():
                return calling.finish(self, message)
            case TriggerRegistrationResult():
                return providing.take_result(self, peer, message)
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
        return self._file(peer, message)

    def _about_observing(
        self, peer: Peer, message: Observe | Unobserve | ObserverAck | InvocationsObserved
    ) -> Actions:
        if isinstance(message, InvocationsObserved):
            return self.observed.reported(peer, message)
        return self.observers.take(peer, message)

    def _early(self, number: int, message: FromWorker) -> Actions:
        """Keep what a session sent that is not admitted yet."""
        visit = self.visits.get(number)
        return [] if visit is None else self._put_off(number, visit.sent, message)

    def _put_off(self, number: int, waiting: list[Message], message: Message) -> Actions:
        """Keep a message until somebody has decided; nobody has them kept without end."""
        waiting.append(message)
        return [Cut(number)] if len(waiting) > MOST_WAITING else []

    def lost(self, number: int) -> Actions:
        """A worker's connection is gone."""
        self.visits.pop(number, None)
        peer = self.peers.pop(number, None)
        if peer is None:
            return []
        self.functions.remove_all(number)
        self.calls.lose_caller(number)
        waiting = self.registering.items()
        self.registering = {key: call for key, call in waiting if call.caller != number}
        stopped = ErrorBody("invocation_stopped", "Invocation stopped")
        actions: Actions = []
        for _, call in self.calls.lose_owner(number):
            actions += calling.answer(self, call, error=stopped)
        actions += providing.moved(self, self.triggers.lose(number))
        if self.features:
            actions += self.observers.lost(number)
        return actions + events.worker_event(self, peer, "worker_disconnected")

    def elapsed(self, key: int | str) -> Actions:
        """The time of a ``Wake`` is over: a worker's grace, or a provider's to object."""
        if isinstance(key, str):
            observer = key.removeprefix(OBSERVER)
            if observer != key:
                return self.observers.expired(observer)
            return providing.unopposed(self, key)
        peer = self.peers.get(key)
        return [] if peer is None else self.release(peer)

    def looked(self) -> Actions:
        """It is time to see whether functions came or went since the last look."""
        return events.functions_event(self)

    # -- registrations ---------------------------------------------------------------------------

    def release(self, peer: Peer) -> Actions:
        """File what a peer registered before it was announced, and hold no more."""
        held, peer.held = peer.held or [], None
        actions: Actions = []
        for message in held:
            actions += self._file(peer, message)
        return actions

    def _file(self, peer: Peer, message: Message) -> Actions:
        """Take a registration, at once or when those before it are decided on."""
        if peer.paused is not None:
            return self._put_off(peer.number, peer.paused, message)
        if peer.grant is not None:
            return guarding.file(self, peer, peer.grant, message)
        return self.filed(peer, message)

    def filed(self, peer: Peer, message: Message) -> Actions:
        """A registration that is allowed."""
        return _FILE[type(message)](self, peer, message)

    def _reattach(self, peer: Peer, message: Reattach) -> Actions:
        for number, other in self.peers.items():
            known = (other.worker_id, other.token)
            if other.internal or other is peer:  # a module's name is no secret
                continue
            if known == (message.previous_worker_id, message.reattach_token):
                return [Cut(number), *self.lost(number)]
        return []

    # -- invocations -----------------------------------------------------------------------------

    def _called(self, peer: Peer, request: InvokeFunction) -> Actions:
        """A worker called a function; on a guarded port that need not be what happens."""
        if peer.grant is not None:
            screened = guarding.screened(self, peer, peer.grant, request)
            if screened is not None:
                return screened
        return calling.invoke(self, peer, request)


_FILE: Mapping[type, Callable[[Core, Peer, Message], Actions]] = {
    RegisterFunction: registering.register_function,
    UnregisterFunction: registering.unregister_function,
    RegisterTriggerType: providing.register_type,
    RegisterTrigger: providing.register_trigger,
    UnregisterTrigger: providing.unregister_trigger,
    RegisterService: lambda *_: [],
}
