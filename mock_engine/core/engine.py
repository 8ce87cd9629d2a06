"""The state machine of the engine: what each message of each worker leads to.

Rules of this file:

* ``opened``, ``received``, ``lost`` and ``elapsed`` are the only ways in; each returns the
  actions it leads to, in order. Nothing here sends, waits or reads a clock.
* Registrations are held until a worker has announced itself, or five seconds after it came; then
  it is in the default namespace. Invocations are never held (engine 0.23).
* A call is remembered before it is sent, so no answer can come too early.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Raw

from mock_engine.core import guarding
from mock_engine.core.actions import Action, Close, Cut, Send, Wake
from mock_engine.core.builtin import BUILTINS
from mock_engine.core.discovery import function_row, is_internal
from mock_engine.core.forwarding import (
    given,
    offer,
    with_caller,
    with_function,
    with_identity,
    withdrawal,
)
from mock_engine.core.generations import NEWER_FUNCTION
from mock_engine.core.grants import Policy
from mock_engine.core.invocations import Call, Calls
from mock_engine.core.observing import OBSERVE, OBSERVER, Observers
from mock_engine.core.peers import DEFAULT, ENGINE, Peer
from mock_engine.core.registry import Function, Registry
from mock_engine.core.triggers import Binding, Move, Triggers, TriggerType
from mock_engine.failures import Failure
from mock_engine.messages import (
    ABSENT,
    NULL,
    EnqueueAction,
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
    RegistrationRejected,
    TriggerRegistrationResult,
    Unobserve,
    UnregisterFunction,
    UnregisterTrigger,
    UnregisterTriggerType,
    VoidAction,
    WorkerRegistered,
    is_given,
    payload,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE = 5.0
"""Seconds for which registrations wait for an announcement."""

VERSION = "0.23.0-rc.4"
"""The version of the engine whose behaviour this is."""

ANNOUNCE = "engine::workers::register"
ENQUEUE = "engine::queue::enqueue"
RESERVED = "engine::"

MOST_WAITING = 10_000
"""Messages of one session that may wait for an auth function or a hook."""

Actions = list[Action]


Then = Callable[[Raw, ErrorBody | None], Actions]
"""What follows when a function that the core itself called has answered."""

TRACE_PARTS = 4

FUNCTIONS_AVAILABLE = "engine::functions-available"
WORKERS_AVAILABLE = "engine::workers-available"


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
        self.observers = Observers(self, clock)
        self.new_id = new_id
        self.peers: dict[int, Peer] = {}
        self.functions = Registry()
        self.calls = Calls()
        self.triggers = Triggers()
        self.registering: dict[str, Call] = {}
        self.outbound: Outbound | None = None
        self.visits: dict[int, guarding.Visit] = {}
        self._asked: dict[str, Then] = {}
        self._seen_functions: set[tuple[str, str]] = set()
        self._handlers: dict[type, Callable[[Peer, Message], Actions]] = {
            RegisterFunction: self._register_function,
            UnregisterFunction: self._unregister_function,
            RegisterTriggerType: self._register_type,
            UnregisterTriggerType: self._unregister_type,
            RegisterTrigger: self._register_trigger,
            UnregisterTrigger: self._unregister_trigger,
            RegisterService: lambda *_: [],
        }
        self._begin(now)

    def _begin(self, now: int) -> None:
        """Be the first peer of oneself: the owner of what every engine has."""
        title = "Core engine introspection (engine::*) and platform authoring reference."
        self.attach(ENGINE, "iii-engine-functions", title, now, provides_as="engine")
        engine = self.peers[ENGINE]
        for function_id, builtin in BUILTINS.items():
            self._register_function(engine, RegisterFunction(function_id, builtin.description))
        for type_id, description in (
            (FUNCTIONS_AVAILABLE, "Triggered when functions are registered/unregistered"),
            (WORKERS_AVAILABLE, "Triggered when workers connect/disconnect"),
        ):
            self._register_type(engine, RegisterTriggerType(type_id, description))

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
        return [*actions, Wake(number, GRACE), *self.worker_event(peer, "worker_connected")]

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
                return self._finish(message)
            case TriggerRegistrationResult():
                return self._trigger_result(peer, message)
            case Reattach():
                return self._reattach(peer, message)
            case Ping():
                return [Send(number, Pong())]
            case Pong():
                return []
            case (
                Observe()
                | Unobserve()
                | ObserverAck()
                | InvocationsObserved()
                | LocalInvocationStats()
            ):
                return self.observers.take(peer, message) if self.features else []
        if peer.held is not None:
            peer.held.append(message)
            return []
        return self._file(peer, message)

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
            actions += self.answer(call, error=stopped)
        actions += self._moved(self.triggers.lose(number))
        if self.features:
            actions += self.observers.lost(number)
        return actions + self.worker_event(peer, "worker_disconnected")

    def elapsed(self, key: int | str) -> Actions:
        """The time of a ``Wake`` is over: a worker's grace, or a provider's to object."""
        if isinstance(key, str):
            observer = key.removeprefix(OBSERVER)
            return self._registered(key) if observer == key else self.observers.expired(observer)
        peer = self.peers.get(key)
        return [] if peer is None else self._release(peer)

    def looked(self) -> Actions:
        """It is time to see whether functions came or went since the last look."""
        functions = [f for f in self.functions if not is_internal(f)]
        seen = {(f.namespace, f.spec.id) for f in functions}
        if seen == self._seen_functions:
            return []
        self._seen_functions = seen
        rows = [function_row(self, function) for function in functions]
        event = {"event": "functions_changed", "functions": rows}
        return self._fire(FUNCTIONS_AVAILABLE, event, traced=False)

    # -- what the engine tells of itself ---------------------------------------------------------

    def worker_event(self, peer: Peer, event: str) -> Actions:
        """What those get who watch the workers come and go."""
        data = {"event": event, "worker_id": peer.worker_id}
        return self._fire(WORKERS_AVAILABLE, data, traced=True)

    def _fire(self, type_id: str, event: object, *, traced: bool) -> Actions:
        actions: Actions = []
        for binding in tuple(self.triggers.bindings.values()):
            if (binding.provider, binding.spec.trigger_type) == (ENGINE, type_id):
                request = InvokeFunction(
                    binding.spec.function_id,
                    payload(event),
                    namespace=binding.spec.namespace,
                    metadata=binding.spec.metadata,
                    traceparent=self._fresh_trace() if traced else None,
                )
                actions += self._invoke(self.peers[ENGINE], request)
        return actions

    # -- announcing ------------------------------------------------------------------------------

    def announce(self, peer: Peer, namespace: str | None, name: str | None) -> Actions | None:
        """Give a peer its name and, the first time, its namespace.

        Returns the actions of what was held, or ``None`` when the name is taken: then the peer
        was refused, and ``refuse`` tells how.
        """
        chosen = peer.namespace if peer.announced else namespace or DEFAULT
        if name and any(
            (chosen, name) in other.names for other in self.peers.values() if other is not peer
        ):
            return None
        peer.namespace = chosen
        peer.name = name or peer.name
        if name:
            peer.names.add((chosen, name))
        return self._release(peer)

    def refuse(self, peer: Peer, namespace: str, name: str) -> Actions:
        """What a worker gets whose name is taken."""
        owner = next(p.worker_id for p in self.peers.values() if (namespace, name) in p.names)
        rejected = RegistrationRejected(
            "WORKER_NAMESPACE_CONFLICT", namespace, owner, worker_name=name
        )
        return [Send(peer.number, rejected), Close(peer.number)]

    def _release(self, peer: Peer) -> Actions:
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
        return self._handlers[type(message)](peer, message)

    def _reattach(self, peer: Peer, message: Reattach) -> Actions:
        for number, other in self.peers.items():
            known = (other.worker_id, other.token)
            if other.internal or other is peer:  # a module's name is no secret
                continue
            if known == (message.previous_worker_id, message.reattach_token):
                return [Cut(number), *self.lost(number)]
        return []

    # -- functions -------------------------------------------------------------------------------

    def _register_function(self, peer: Peer, message: Message) -> Actions:
        spec = cast("RegisterFunction", message)
        if spec.id.startswith(RESERVED) and peer.namespace != DEFAULT:
            return [self._function_rejected(peer, spec.id, "")]
        if spec.invocation is not None and not self._may_call(spec.invocation):
            return []
        function = Function(peer.namespace, peer.number, spec)
        other = self.functions.add(function)
        if other is None:
            return self.observers.registered(peer, function) if self.features else []
        return [self._function_rejected(peer, spec.id, self.peers[other.owner].worker_id)]

    def _may_call(self, invocation: HttpInvocation) -> bool:
        return self.outbound is not None and self.outbound.allows(invocation)

    def _function_rejected(self, peer: Peer, function_id: str, owner: str) -> Action:
        rejected = RegistrationRejected(
            "FUNCTION_NAMESPACE_CONFLICT", peer.namespace, owner, function_id=function_id
        )
        return Send(peer.number, rejected)

    def _unregister_function(self, peer: Peer, message: Message) -> Actions:
        spec = cast("UnregisterFunction", message)
        self.functions.remove(peer.namespace, spec.id, peer.number)
        return self.observers.settle() if self.features else []

    # -- invocations -----------------------------------------------------------------------------

    def _called(self, peer: Peer, request: InvokeFunction) -> Actions:
        """A worker called a function; on a guarded port that need not be what happens."""
        if peer.grant is not None:
            screened = guarding.screened(self, peer, peer.grant, request)
            if screened is not None:
                return screened
        return self._invoke(peer, request)

    def _invoke(self, peer: Peer, request: InvokeFunction) -> Actions:
        void = request.invocation_id is None or isinstance(request.action, VoidAction)
        call = Call(None if void else peer.number, 0, request)
        if isinstance(request.action, EnqueueAction):
            return self._enqueue(call, request.action)
        if request.namespace is not None and not request.namespace.strip():
            blank = (
                "`namespace` is empty: it was named and left blank. "
                "Give it a name, or omit it to use `default`."
            )
            return self.answer(call, error=ErrorBody("INVALID_NAMESPACE", blank))
        if self.features and is_given(request.activation) and not peer.internal:
            fault = self.observers.delivery_fault(peer, request)
            if fault is not None:
                return self.answer(call, error=fault)
            request = self.observers.directed(request)
            call = Call(call.caller, 0, request)
        namespace = request.namespace or DEFAULT
        function = self.functions.find(namespace, request.function_id)
        if function is None and request.function_id in NEWER_FUNCTION:
            function = self.functions.find(namespace, NEWER_FUNCTION[request.function_id])
        if function is None:
            missing = self._not_found(request.function_id, namespace, plain=peer.internal)
            return self.answer(call, error=missing)
        if function.owner == ENGINE and function.spec.id in BUILTINS:
            return self._run(peer, call, function.spec.id)
        return self._forward(peer, call, function)

    def ask(self, request: InvokeFunction, then: Then) -> Actions:
        """Call a function for the core itself; ``then`` says what follows its answer."""
        invocation_id = self.new_id()
        self._asked[invocation_id] = then
        named = msgspec.structs.replace(request, invocation_id=invocation_id)
        return self._invoke(self.peers[ENGINE], named)

    def _not_found(self, function_id: str, namespace: str, *, plain: bool) -> ErrorBody:
        """The error for an unknown function; ``plain`` is how modules pass it on."""
        if plain:
            text = f"Function {function_id} not found in namespace {namespace}"
            return ErrorBody("function_not_found", text)
        places = self.functions.namespaces_of(function_id)
        hint = f" It is registered in namespace(s): {', '.join(places)}." if places else ""
        text = f"Function {function_id} not found in namespace {namespace}.{hint}"
        return ErrorBody("function_not_found", text)

    def _forward(self, peer: Peer, call: Call, function: Function) -> Actions:
        request = call.request
        known = request.invocation_id if call.caller is not None else None
        invocation_id = known or self.new_id()
        exact = self.peers[function.owner].internal
        caller = with_identity(request.caller, peer) if self.features else ABSENT
        watched = self.observers.begin(function, request, caller) if self.features else None
        call = Call(call.caller, function.owner, request, exact=exact, watched=watched)
        actions: Actions = []
        replaced = self.calls.begin(invocation_id, call)
        if replaced is not None:
            closed = ErrorBody("invocation_error", "channel closed")
            actions += self.answer(replaced, error=closed)
        between_workers = not (peer.internal or self.peers[function.owner].internal)
        grant = self.peers[function.owner].grant
        forwarded = InvokeFunction(
            function.spec.id if grant is None else grant.bare(function.spec.id),
            request.data if peer.internal else with_caller(request.data, peer.worker_id),
            invocation_id=invocation_id,
            metadata=given(request.metadata),
            traceparent=request.traceparent,
            baggage=with_function(request) if between_workers else request.baggage,
        )
        if OBSERVE in self.peers[function.owner].features:
            forwarded = msgspec.structs.replace(
                forwarded,
                caller=caller,
                observe_depth=given(request.observe_depth),
                activation=given(request.activation),
            )
        if function.spec.invocation is None or self.outbound is None:
            return [*actions, Send(function.owner, forwarded)]
        named = msgspec.structs.replace(forwarded, namespace=function.namespace)
        return [*actions, Send(self.outbound.peer, named)]

    def _enqueue(self, call: Call, action: EnqueueAction) -> Actions:
        """Hand a call to whoever serves queues; its caller gets a receipt instead of a result."""
        provider = self.functions.find(DEFAULT, ENQUEUE)
        if provider is None:
            text = (
                "No queue provider is installed. `TriggerAction::Enqueue` routes through the "
                f"`{ENQUEUE}` provider, which the standalone queue worker registers. Add it with "
                f"`iii worker add queue`. (underlying: Function {ENQUEUE} not found in namespace "
                f"{DEFAULT})"
            )
            return self.answer(call, error=ErrorBody("enqueue_error", text))
        request, receipt = call.request, self.new_id()
        function = f"iii.function.id={request.function_id}"
        baggage = ",".join([function, request.baggage] if request.baggage else [function])
        job = {
            "queue": action.queue,
            "function_id": request.function_id,
            "data": request.data,
            "messageReceiptId": receipt,
            "traceparent": request.traceparent,
            "baggage": baggage,
        }
        if request.namespace not in (None, DEFAULT):
            job["namespace"] = request.namespace
        invocation_id = self.new_id()
        self.calls.begin(invocation_id, Call(call.caller, provider.owner, request, receipt))
        forwarded = InvokeFunction(
            ENQUEUE,
            payload(job),
            invocation_id=invocation_id,
            traceparent=self._fresh_trace(request.traceparent),
            baggage=baggage,
        )
        return [Send(provider.owner, forwarded)]

    def _fresh_trace(self, within: str | None = None) -> str:
        """A W3C traceparent: a new span, ``within`` a trace or in one that begins here."""
        parts = (within or "").split("-")
        if len(parts) != TRACE_PARTS:
            parts = ["00", self.new_id().replace("-", ""), "", "01"]
        return f"{parts[0]}-{parts[1]}-{self.new_id().replace('-', '')[:16]}-{parts[3]}"

    def _run(self, peer: Peer, call: Call, function_id: str) -> Actions:
        try:
            result, actions = BUILTINS[function_id].handler(self, peer, call)
        except Failure as fault:
            return self.answer(call, error=ErrorBody(fault.code, str(fault)))
        if result is None:
            return actions
        return [*actions, *self.answer(call, result=payload(result))]

    def _finish(self, answer: InvocationResult) -> Actions:
        call = self.calls.finish(answer.invocation_id)
        if call is None:
            return []
        if call.watched is not None:
            return [*self._settle(call, answer), *self.observers.finish(call.watched, answer)]
        return self._settle(call, answer)

    def _settle(self, call: Call, answer: InvocationResult) -> Actions:
        if call.receipt is None:
            return self.answer(call, result=answer.result, error=answer.error)
        if answer.error is None:
            return self.answer(call, result=payload({"messageReceiptId": call.receipt}))
        text = f"{answer.error.code}: {answer.error.message}"
        return self.answer(call, error=ErrorBody("enqueue_error", text))

    def answer(self, call: Call, *, result: Raw = NULL, error: ErrorBody | None = None) -> Actions:
        """Tell whoever waits for a call what became of it."""
        request = call.request
        if call.caller is None or request.invocation_id is None:
            return []
        if call.caller == ENGINE and request.invocation_id in self._asked:
            return self._asked.pop(request.invocation_id)(result, error)
        told = error is None and (is_given(result) or (call.exact and result != ABSENT))
        answer = InvocationResult(
            request.invocation_id,
            request.function_id,
            result if told else ABSENT,
            error,
            request.traceparent,
            request.baggage,
        )
        return [Send(call.caller, answer)]

    # -- triggers --------------------------------------------------------------------------------

    def _register_type(self, peer: Peer, message: Message) -> Actions:
        spec = cast("RegisterTriggerType", message)
        if spec.namespace is not None and not spec.namespace.strip():
            return []
        namespace = spec.namespace or peer.namespace
        return self._moved(self.triggers.add_type(TriggerType(namespace, peer.number, spec)))

    def _unregister_type(self, peer: Peer, message: Message) -> Actions:
        spec = cast("UnregisterTriggerType", message)
        return self._moved(self.triggers.remove_type(peer.namespace, spec.id, peer.number))

    def _register_trigger(self, peer: Peer, message: Message) -> Actions:
        spec = cast("RegisterTrigger", message)
        fault = self.blank_namespace(spec)
        if fault is not None:
            return [self._failed(peer.number, spec, ErrorBody(fault.code, str(fault)))]
        return self.bind(Binding(peer.number, peer.namespace, spec))

    def blank_namespace(self, spec: RegisterTrigger) -> Failure | None:
        """What is wrong with the namespaces of a trigger: one that is named must not be blank."""
        for name in ("namespace", "trigger_namespace"):
            value = getattr(spec, name)
            if value is not None and not value.strip():
                text = (
                    f"`{name}` is empty: it was named and left blank. "
                    "Give it a name, or omit it to use `default`."
                )
                return Failure("INVALID_NAMESPACE", text)
        return None

    def bind(self, binding: Binding) -> Actions:
        """Add a trigger and offer it to its provider."""
        return self._moved(self.triggers.bind(binding))

    def _unregister_trigger(self, peer: Peer, message: Message) -> Actions:
        del peer
        return self.unbind(cast("UnregisterTrigger", message).id)

    def unbind(self, trigger_id: str) -> Actions:
        """Remove a trigger and withdraw it from its provider."""
        binding = self.triggers.unbind(trigger_id)
        if binding is None:
            return []
        provider = binding.provider
        if provider is None:
            # A module that refused a second binding of an id still serves the first one.
            refused_by = self.triggers.type_for(binding)
            if refused_by is not None and self.peers[refused_by.provider].internal:
                provider = refused_by.provider
        return [] if provider is None else [withdrawal(binding, provider)]

    def _trigger_result(self, peer: Peer, answer: TriggerRegistrationResult) -> Actions:
        binding = self.triggers.bindings.get(answer.id)
        if binding is None or binding.provider != peer.number:
            return []
        if answer.error is None:
            return self._registered(answer.id)
        call = self.registering.pop(answer.id, None)
        if call is None:
            self.triggers.park(answer.id)
            return [self._failed(binding.owner, binding.spec, answer.error)]
        self.triggers.unbind(answer.id)
        text = f"{answer.error.code}: {answer.error.message}"
        return self.answer(call, error=ErrorBody("trigger_registration_failed", text))

    def _registered(self, trigger_id: str) -> Actions:
        """Nobody objects to a trigger: tell whoever waits for that."""
        call = self.registering.pop(trigger_id, None)
        return [] if call is None else self.answer(call, result=payload({"id": trigger_id}))

    def _failed(self, owner: int, spec: RegisterTrigger, error: ErrorBody) -> Action:
        result = TriggerRegistrationResult(spec.id, spec.trigger_type, spec.function_id, error)
        return Send(owner, result)

    def _offer(self, binding: Binding) -> RegisterTrigger:
        served = self.triggers.type_for(binding)
        return offer(binding, served.namespace if served else DEFAULT)

    def _moved(self, moves: Iterable[Move]) -> Actions:
        actions: Actions = []
        for move in moves:
            if move.withdraw is not None and move.withdraw in self.peers:
                actions.append(withdrawal(move.binding, move.withdraw))
            if move.offer not in (None, ENGINE):
                actions.append(Send(move.offer, self._offer(move.binding)))
        return actions
