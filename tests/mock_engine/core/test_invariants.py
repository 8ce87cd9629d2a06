"""The core's invariants, under any conversation of workers, guarded sessions and modules.

A small model runs beside the core: which peers are connected, which calls they owe, and which
functions the unguarded ones have. After every step the core must agree with it, and when all peers
have left, nothing may remain.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mock_engine.core import Action, CloseSession, Core, Cut, Send, Wake
from mock_engine.core.constants import DEFAULT
from mock_engine.core.enqueueing import ENQUEUE
from mock_engine.core.grants import Exposure, Policy
from mock_engine.core.observing import OBSERVER
from mock_engine.decoding import decode
from mock_engine.messages import InvocationResult, InvokeFunction, RegistrationRejected, encode
from mock_engine.versions import FEATURES

ANNOUNCE = "engine::workers::register"
MODULE = -1
"""The number of a module, which is never detached."""

POLICY = Policy(
    auth="a::auth",
    middleware="a::inspect",
    on_function="a::hook",
    on_trigger="a::hook",
    on_type="a::hook",
    exposed=(Exposure(pattern="a::*"), Exposure(pattern="m::*")),
)

ids = st.sampled_from([f"00000000-0000-4000-8000-{n:012}" for n in range(4)])
functions = st.sampled_from(
    [
        "a::x",
        "a::y",
        "a::auth",
        "a::inspect",
        "a::hook",
        "g::x",
        "m::x",
        ENQUEUE,
        "missing",
        "engine::functions::list",
    ]
)
namespaces = st.sampled_from([None, DEFAULT, "blue"])
triggers = st.sampled_from(["t1", "t2", "t3"])
types = st.sampled_from(["tick", "tock", "module-type", "engine::workers-available"])
errors = st.sampled_from([None, {"code": "c", "message": "m"}])
replies = st.sampled_from(
    [
        None,
        {},
        {"allow_trigger_type_registration": True},
        {"function_id": "g::y", "trigger_id": "t3"},
        {"function_registration_prefix": "p"},
        17,
        "text",
    ]
)
chance = st.randoms(use_true_random=False)


class Conversation(RuleBasedStateMachine):
    """Any peer sends anything, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 1
        self.alive: set[int] = set()
        self.guarded: set[int] = set()
        self.gone: list[tuple[str, str]] = []
        self.home: dict[int, str] = {}
        self.held: dict[int, list[tuple[str, str]]] = {}
        self.registry: dict[tuple[str, str], int] = {}
        self.owed: Counter[tuple[int, str]] = Counter()
        self.running: list[tuple[str, str]] = []
        self.wakes: list[int | str] = []

    @initialize(features=st.sampled_from([(), FEATURES]))
    def begin(self, features: tuple[str, ...]) -> None:
        fresh = iter(range(1, 1 << 40))
        self.core = Core(
            new_id=lambda: f"ffffffff-0000-4000-8000-{next(fresh):012}", features=features
        )
        self.core.attach(MODULE, "module", "", 0)
        self.say(MODULE, {"type": "registerfunction", "id": "m::x"})
        self.say(MODULE, {"type": "registertriggertype", "id": "module-type", "description": ""})

    # -- rules -----------------------------------------------------------------------------------

    @rule()
    def comes(self) -> None:
        number = self.enters()
        self.home[number], self.held[number] = DEFAULT, []
        self.take(self.core.opened(number, "127.0.0.1", 0))

    @rule()
    def asks_to_enter(self) -> None:
        number = self.enters()
        self.guarded.add(number)
        self.take(self.core.authenticate(number, "127.0.0.1", 0, POLICY, {}, {}))

    def enters(self) -> int:
        number, self.next = self.next, self.next + 1
        self.alive.add(number)
        return number

    @precondition(lambda self: self.alive)
    @rule(random=chance)
    def leaves(self, random: Any) -> None:
        self.lose(self.any(random))

    @precondition(lambda self: self.alive)
    @rule(random=chance, name=st.sampled_from([None, "n", "m"]), namespace=namespaces)
    def announces(self, random: Any, name: str | None, namespace: str | None) -> None:
        peer = self.any(random)
        data = {"name": name, "namespace": namespace, "features": list(FEATURES)}
        actions = self.call(peer, ANNOUNCE, {**data}, "00000000-0000-4000-8000-999999999999")
        refused = any(
            isinstance(a, Send) and isinstance(a.message, RegistrationRejected)
            and a.message.code == "WORKER_NAMESPACE_CONFLICT"
            for a in actions
        )  # fmt: skip
        if refused:
            self.owed[peer, "00000000-0000-4000-8000-999999999999"] -= 1
        elif peer in self.held:
            self.files(peer, namespace or DEFAULT)

    @precondition(lambda self: self.wakes)
    @rule(random=chance)
    def time_passes(self, random: Any) -> None:
        key = self.wakes.pop(random.randrange(len(self.wakes)))
        if key in self.held:
            self.files(int(key), DEFAULT)
        self.take(self.core.elapsed(key))

    @precondition(lambda self: self.alive)
    @rule(random=chance, function=functions, adds=st.booleans())
    def changes_a_function(self, random: Any, function: str, adds: bool) -> None:
        peer, kind = self.any(random), "registerfunction" if adds else "unregisterfunction"
        if (peer in self.guarded) != function.startswith("g::"):
            function = "g::x" if peer in self.guarded else "a::x"
        if peer in self.held:
            self.held[peer].append((kind, function))
        elif peer not in self.guarded:
            self.file(peer, kind, function)
        self.say(peer, {"type": kind, "id": function})

    @precondition(lambda self: self.alive)
    @rule(
        random=chance,
        function=functions,
        known=st.none() | ids,
        namespace=namespaces,
        action=st.sampled_from([None, {"type": "void"}, {"type": "enqueue", "queue": "q"}]),
    )
    def calls(self, random: Any, function: str, known: str | None, **more: Any) -> None:
        peer = random.choice([*sorted(self.alive), MODULE])
        self.call(peer, function, random.choice([{}, [], None, {"a": 1}]), known, **more)

    @precondition(lambda self: self.running)
    @rule(random=chance, result=replies, error=errors)
    def answers(self, random: Any, result: Any, error: Any) -> None:
        known, function = self.running.pop(random.randrange(len(self.running)))
        peer = random.choice(sorted(set(self.core.peers) - {0}))
        told = {"type": "invocationresult", "invocation_id": known, "function_id": function}
        self.say(peer, told | {"result": result, "error": error})

    @precondition(lambda self: self.alive)
    @rule(random=chance, known=ids, function=functions)
    def answers_what_nobody_asked(self, random: Any, known: str, function: str) -> None:
        told = {"type": "invocationresult", "invocation_id": known, "function_id": function}
        self.say(self.any(random), told)

    @precondition(lambda self: self.alive)
    @rule(random=chance, kind=types, namespace=namespaces)
    def provides_a_type(self, random: Any, kind: str, namespace: str | None) -> None:
        made = {"type": "registertriggertype", "description": "", "namespace": namespace}
        self.say(self.any(random), {**made, "id": kind})

    @precondition(lambda self: self.alive)
    @rule(random=chance, known=triggers, kind=types, function=functions, namespace=namespaces)
    def binds(
        self, random: Any, known: str, kind: str, function: str, namespace: str | None
    ) -> None:
        made = {"type": "registertrigger", "id": known, "config": {}, "trigger_type": kind}
        self.say(self.any(random), made | {"function_id": function, "trigger_namespace": namespace})

    @precondition(lambda self: self.alive)
    @rule(random=chance, kind=types, function=functions, known=ids)
    def binds_by_call(self, random: Any, kind: str, function: str, known: str) -> None:
        data = {"trigger_type": kind, "function_id": function, "config": {}}
        self.call(self.any(random), "engine::register_trigger", data, known)

    @precondition(lambda self: self.alive)
    @rule(random=chance, error=errors, unbinds=st.booleans())
    def decides_on_a_binding(self, random: Any, error: Any, unbinds: bool) -> None:
        known = random.choice(["t1", *sorted(self.core.triggers.bindings)])
        if unbinds:
            self.say(self.any(random), {"type": "unregistertrigger", "id": known})
            return
        said = {"type": "triggerregistrationresult", "id": known, "trigger_type": "tick"}
        peer = random.choice([*sorted(self.alive), MODULE])
        self.say(peer, said | {"function_id": "a::x", "error": error})

    @precondition(lambda self: self.alive)
    @rule(random=chance, known=st.sampled_from(["o1", "o2"]), source=functions, where=functions)
    def observes(self, random: Any, known: str, source: str, where: str) -> None:
        asked = {"type": "observe", "id": known, "expires_in_ms": random.choice([None, 5])}
        asked |= {"max_in_flight": random.choice([None, 1]), "max_fires": random.choice([None, 2])}
        asked |= {"source": {"function_id": source}, "target": {"function_id": where}}
        self.say(self.any(random), asked)

    @precondition(lambda self: self.alive)
    @rule(random=chance, known=st.sampled_from(["o1", "o2"]), function=functions, error=errors)
    def acknowledges(self, random: Any, known: str, function: str, error: Any) -> None:
        said = {"type": "observerack", "id": known, "function_id": function, "revision": 1}
        self.say(self.any(random), said | {"error": error})

    @precondition(lambda self: self.alive)
    @rule(random=chance, right=st.booleans())
    def reattaches(self, random: Any, right: bool) -> None:
        peer, old = self.any(random), random.choice(sorted(self.core.peers))
        other = self.core.peers[old]
        token = other.token if right else "wrong"
        message = {"type": "reattach", "previous_worker_id": other.worker_id}
        taken_over = right and old != peer and old > 0 and peer in self.core.peers
        if taken_over:
            self.forget(old)
        actions = self.say(peer, message | {"reattach_token": token})
        assert (Cut(old) in actions) == taken_over
        if peer in self.core.peers:
            again = self.say(peer, message | {"reattach_token": token}) if taken_over else []
            assert again == []

    @rule()
    def looks(self) -> None:
        self.take(self.core.looked())

    # -- the model -------------------------------------------------------------------------------

    def any(self, random: Any) -> int:
        found: int = random.choice(sorted(self.alive))
        return found

    def files(self, peer: int, namespace: str) -> None:
        """A worker is announced, or counts as such: its held registrations are processed."""
        self.home[peer] = namespace
        for kind, function in self.held.pop(peer):
            self.file(peer, kind, function)

    def file(self, peer: int, kind: str, function: str) -> None:
        key = (self.home[peer], function)
        if function.startswith("engine::") and key[0] != DEFAULT:
            return
        if kind == "registerfunction":
            self.registry.setdefault(key, peer)
        elif self.registry.get(key) == peer:
            del self.registry[key]

    def call(
        self, peer: int, function: str, data: Any, known: str | None, **more: Any
    ) -> list[Action]:
        void = (more.get("action") or {}).get("type") == "void"
        if known is not None and not void:
            self.owed[peer, known] += 1
        elif peer in self.guarded:
            self.owed[peer, "refused"] += 1  # a refusal is sent even without an invocation id
        message = {"type": "invokefunction", "function_id": function, "data": data, **more}
        return self.say(peer, message | {"invocation_id": known})

    def say(self, peer: int, message: Any) -> list[Action]:
        return self.take(self.core.received(peer, decode(json.dumps(message).encode())))

    def lose(self, peer: int) -> None:
        self.forget(peer)
        self.take(self.core.lost(peer))

    def forget(self, peer: int) -> None:
        self.alive.discard(peer)
        self.held.pop(peer, None)
        self.registry = {key: owner for key, owner in self.registry.items() if owner != peer}

    def take(self, actions: list[Action]) -> list[Action]:
        """Check that the actions are possible, and update the model with them."""
        for action in actions:
            if isinstance(action, Wake):
                self.wakes.append(action.key)
                self.knows(action.key)
            elif isinstance(action, CloseSession | Cut):
                assert action.peer not in (0, MODULE), "modules have no connections"
            else:
                assert action.peer in {*self.alive, MODULE, 0}, f"{action} to one who is gone"
                decode_again(action)
                self.sent(action.peer, action.message)
        return actions

    def knows(self, key: int | str) -> None:
        if isinstance(key, int):
            assert key in self.core.peers
        else:
            assert key in self.core.triggers.bindings or key.startswith(OBSERVER)

    def sent(self, peer: int, message: Any) -> None:
        if isinstance(message, InvokeFunction):
            assert message.invocation_id is not None
            self.running.append((message.invocation_id, message.function_id))
        elif isinstance(message, InvocationResult):
            known = message.invocation_id
            if peer in self.guarded and not self.owed[peer, known]:
                known = "refused"
            assert self.owed[peer, known] > 0, f"{message} answers nothing"
            self.owed[peer, known] -= 1

    # -- invariants ------------------------------------------------------------------------------

    @invariant()
    def nothing_belongs_to_the_dead(self) -> None:
        there = set(self.core.peers)
        assert there <= {*self.alive, MODULE, 0}
        assert {function.owner for function in self.core.functions} <= there
        assert {kind.provider for kind in self.core.triggers.types.values()} <= there
        bindings = self.core.triggers.bindings.values()
        assert {binding.owner for binding in bindings} <= there
        assert {binding.provider for binding in bindings} <= {*there, None}
        assert {call.caller for call in self.core.pending_triggers.values()} <= {*there, None}
        assert set(self.core.pending_sessions) <= self.alive

    @invariant()
    def the_registry_is_what_the_living_registered(self) -> None:
        found = {
            (function.namespace, function.spec.id): function.owner
            for function in self.core.functions
            if function.owner > 0 and function.owner not in self.guarded
        }
        assert found == self.registry

    @invariant()
    def whoever_is_owed_an_answer_still_waits_for_it(self) -> None:
        waiting = Counter(
            (call.caller, call.request.invocation_id)
            for call in (*self.core.calls, *self.core.pending_triggers.values())
            if call.caller not in (None, 0, *self.guarded)
        )
        owed = {
            key: count
            for key, count in self.owed.items()
            if count and (key[0] in self.alive or key[0] == MODULE) and key[0] not in self.guarded
        }
        assert waiting == owed

    def teardown(self) -> None:
        """Every peer leaves, and every timer expires: nothing remains of any peer."""
        if not hasattr(self, "core"):
            return
        for peer in sorted(self.alive):
            self.lose(peer)
        for key in self.wakes:
            self.core.elapsed(key)
        assert set(self.core.peers) == {0, MODULE}
        assert {function.owner for function in self.core.functions} <= {0, MODULE}
        assert {kind.provider for kind in self.core.triggers.types.values()} <= {0, MODULE}
        assert {binding.owner for binding in self.core.triggers.bindings.values()} <= {0}
        for known, function in self.running:
            told = {"type": "invocationresult", "invocation_id": known, "function_id": function}
            self.core.received(MODULE, decode(json.dumps(told).encode()))
        core = self.core
        for table in (core.calls, core.pending_triggers, core.pending_sessions, core.continuations):
            assert not list(table)
        assert not core.observers._observers
        assert all(core.functions.find(*key) for key in core.observers._revisions)


def decode_again(action: Send) -> None:
    """Every message that is sent can be encoded, and is JSON."""
    json.loads(encode(action.message))


Conversation.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestConversation = Conversation.TestCase
