"""The rules of arbitrary lives, and the search for the shortest that breaks something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings, target
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conformance.fuzz.stateful.life import Life, Wrong, extra
from mock_engine.faults import (
    Close,
    Delay,
    End,
    Fault,
    Reject,
    Reset,
    Schedule,
    Sent,
    Span,
    Split,
)
from mock_engine.faults import rule as fault_rule
from mock_engine.faults import told as told_fault

STEPS = 6
"""Steps of a life: a reconnect takes one to two seconds, and mistakes show after two of them."""

NAMES = ("a", "b")

LOSSES: tuple[Fault, ...] = (Reset(), End(), Close(1001), Close(1000), Close(1011), Close())

SCHEDULES: tuple[Schedule, ...] = (
    (),
    (fault_rule(Reject(503), connection=Span.only(1)),),
    (fault_rule(Split(7), Sent()),),
    (fault_rule(Delay(0.2), Sent(type="workerregistered")),),
)
"""What the connection after a loss meets: nothing, a proxy without a backend, a slow greeting."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What a search found: the shortest life that broke something, step by step, or nothing."""

    steps: tuple[str, ...] = ()
    wrong: Wrong | None = None
    log: tuple[str, ...] = ()
    examples: int = 0
    done: int = 0


@dataclass
class World:
    """What lives are made of, and what became of them.

    ``start`` gives a fresh worker, ``invocable`` are functions with data for them, ``roles`` the
    functions that play the parts sleep, register and unregister.
    """

    start: Callable[[], Life]
    invocable: tuple[tuple[str, Any], ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    examples: int = 0
    done: int = 0
    failed: Lived | None = None


class LifeCycle(RuleBasedStateMachine):
    """A worker's life; a subclass names its world."""

    world: World
    life: Life

    @initialize()
    def connect(self) -> None:
        """A fresh worker."""
        self.world.examples += 1
        self.told = ["start the worker"]
        self.losses = 0
        self.life = self.world.start()

    def teardown(self) -> None:
        """The end; lives with many reconnects are of most interest."""
        if hasattr(self, "life"):
            target(float(self.losses), label="reconnects")
            self.life.stop()

    def _do(self, told: str, act: Callable[[], None]) -> None:
        self.told.append(told)
        self.world.done += 1
        try:
            act()
        except Wrong as wrong:
            self.world.failed = Lived(tuple(self.told), wrong, tuple(self.life.log))
            raise

    def _function(self, which: int) -> tuple[str, Any]:
        return self.world.invocable[which % len(self.world.invocable)]

    @rule(how=st.sampled_from(LOSSES), then=st.sampled_from(SCHEDULES))
    def drop(self, how: Fault, then: Schedule) -> None:
        """The connection is lost, and the next one meets a fault schedule."""
        self.losses += 1
        told = f"lose the connection: {told_fault(how)}"
        told += f"; then {told_fault(then[0].fault)}" if then else ""
        self._do(told, lambda: self.life.lose(how, schedule=then))

    @precondition(lambda self: "sleep" in self.world.roles)
    @rule(how=st.sampled_from(LOSSES))
    def cancel(self, how: Fault) -> None:
        """The connection is lost with an invocation in flight, which that cancels."""
        self.losses += 1
        told = f"lose the connection in the midst of an invocation: {told_fault(how)}"
        self._do(told, lambda: self.life.lose(how, busy=self.world.roles["sleep"]))

    @precondition(lambda self: bool(self.world.invocable))
    @rule(which=st.integers(0, 63))
    def invoke(self, which: int) -> None:
        """A function is invoked."""
        name, data = self._function(which)
        self._do(f"invoke {name}", lambda: self.life.invoke(name, data))

    @precondition(lambda self: "register" in self.world.roles)
    @rule(name=st.sampled_from(NAMES))
    def register_late(self, name: str) -> None:
        """The worker registers one more function."""
        role = self.world.roles["register"]
        self._do(f"register one more function, {name}", lambda: self.life.register(role, name))

    @precondition(lambda self: "unregister" in self.world.roles and bool(self.life.model.added))
    @rule(name=st.sampled_from(NAMES))
    def unregister(self, name: str) -> None:
        """The worker takes such a function back."""
        role = self.world.roles["unregister"]
        if extra(name) in self.life.model.added:
            self._do(f"unregister {name}", lambda: self.life.unregister(role, name))

    @precondition(lambda self: bool(self.world.invocable))
    @rule(which=st.integers(0, 63))
    def conflict(self, which: int) -> None:
        """Another worker has the function: this registration is rejected."""
        name, _ = self._function(which)
        self._do(f"reject {name}: another worker has it", lambda: self.life.reject(name))


def search(
    world: World, *, examples: int, number: int, database: ExampleDatabase | None = None
) -> Lived:
    """Put workers through arbitrary lives until one breaks something, and make that life short.

    ``number`` seeds the choices. What failed in an earlier run with the same ``database`` is
    tried first.
    """
    machine = seed(number)(type("LifeCycle", (LifeCycle,), {"world": world}))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        database=database,
        deadline=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        phases=[Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except Wrong:
        assert world.failed is not None
        return replace(world.failed, examples=world.examples, done=world.done)
    except Flaky as fault:
        assert world.failed is not None
        note = f"{world.failed.wrong}; it did not happen again: {fault}"
        wrong = Wrong("the same each time", note)
        return replace(world.failed, wrong=wrong, examples=world.examples, done=world.done)
    return Lived(examples=world.examples, done=world.done)
