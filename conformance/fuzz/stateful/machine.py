"""The rules of random life cycles, and the search for the shortest that breaks something."""

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
from mock_engine.faults import fault_text as describe_fault
from mock_engine.faults import rule as fault_rule

STEPS = 6
"""Steps of a life: a reconnect takes one to two seconds, and defects show after two of them."""

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
    """What a search found: the shortest life that broke something, step by step, or nothing.

    ``interrupted`` is whether the user ended it; the life may then be longer than it must be.
    """

    steps: tuple[str, ...] = ()
    wrong: Wrong | None = None
    log: tuple[str, ...] = ()
    examples: int = 0
    done: int = 0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class LifeStep:
    """A step of a life: its text, what does it, and simpler steps that may do as well."""

    text: str
    do: Callable[[Life], None]
    simpler: LifeStep | None = None


LOSS = LifeStep(
    f"lose the connection: {describe_fault(LOSSES[0])}", lambda life: life.lose(LOSSES[0])
)
"""The simplest way to lose a connection."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A life that broke something with its last step."""

    steps: tuple[LifeStep, ...]
    wrong: Wrong
    log: tuple[str, ...]


@dataclass
class World:
    """What lives are made of, and their outcome.

    ``start`` gives a fresh worker, ``invocable`` are functions with data for them, ``roles`` the
    functions that play the parts sleep, register and unregister.
    """

    start: Callable[[], Life]
    invocable: tuple[tuple[str, Any], ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    examples: int = 0
    done: int = 0
    failed: Failed | None = None


class LifeCycle(RuleBasedStateMachine):
    """A worker's life; a subclass names its world."""

    world: World
    life: Life

    @initialize()
    def connect(self) -> None:
        """Start a fresh worker."""
        self.world.examples += 1
        self.steps: list[LifeStep] = []
        self.losses = 0
        self.life = self.world.start()

    def teardown(self) -> None:
        """End the life; Hypothesis is told to prefer lives with many reconnects."""
        if hasattr(self, "life"):
            target(float(self.losses), label="reconnects")
            self.life.stop()

    def _do(self, text: str, do: Callable[[Life], None], simpler: LifeStep | None = None) -> None:
        self.steps.append(LifeStep(text, do, simpler))
        self.world.done += 1
        try:
            do(self.life)
        except Wrong as wrong:
            self.world.failed = Failed(tuple(self.steps), wrong, tuple(self.life.log))
            raise

    def _function(self, which: int) -> tuple[str, Any]:
        return self.world.invocable[which % len(self.world.invocable)]

    @rule(how=st.sampled_from(LOSSES), then=st.sampled_from(SCHEDULES))
    def drop(self, how: Fault, then: Schedule) -> None:
        """The connection is lost, and the next one meets a fault schedule."""
        self.losses += 1
        text = f"lose the connection: {describe_fault(how)}"
        text += f"; then {describe_fault(then[0].fault)}" if then else ""
        self._do(text, lambda life: life.lose(how, schedule=then), LOSS)

    @precondition(lambda self: "sleep" in self.world.roles)
    @rule(how=st.sampled_from(LOSSES))
    def cancel(self, how: Fault) -> None:
        """The connection is lost with an invocation in flight, which that cancels."""
        self.losses += 1
        text = f"lose the connection in the midst of an invocation: {describe_fault(how)}"
        self._do(text, lambda life: life.lose(how, busy=self.world.roles["sleep"]), LOSS)

    @precondition(lambda self: bool(self.world.invocable))
    @rule(which=st.integers(0, 63))
    def invoke(self, which: int) -> None:
        """A function is invoked."""
        name, data = self._function(which)
        self._do(f"invoke {name}", lambda life: life.invoke(name, data))

    @precondition(lambda self: "register" in self.world.roles)
    @rule(name=st.sampled_from(NAMES))
    def register_late(self, name: str) -> None:
        """The worker registers one more function."""
        role = self.world.roles["register"]
        self._do(f"register one more function, {name}", lambda life: life.register(role, name))

    @precondition(lambda self: "unregister" in self.world.roles and bool(self.life.model.added))
    @rule()
    def unregister(self) -> None:
        """The worker takes such a function back."""
        role = self.world.roles["unregister"]
        name = next(name for name in NAMES if extra(name) in self.life.model.added)
        self._do(f"unregister {name}", lambda life: life.unregister(role, name))

    @precondition(lambda self: bool(self.world.invocable))
    @rule(which=st.integers(0, 63))
    def conflict(self, which: int) -> None:
        """Another worker owns the function: this registration is rejected."""
        name, _ = self._function(which)
        self._do(f"reject {name}: another worker has it", lambda life: life.reject(name))


def search(
    world: World, *, examples: int, number: int, database: ExampleDatabase | None = None
) -> Lived:
    """Take workers through random lives until one breaks something, and make that life short.

    ``number`` seeds the entropy. What failed in an earlier run with the same ``database`` is
    tried first.
    """
    try:
        return _searched(world, examples, number, database)
    except KeyboardInterrupt:
        known = Lived() if world.failed is None else _lived(world, world.failed)
        return replace(known, examples=world.examples, done=world.done, interrupted=True)


def _searched(world: World, examples: int, number: int, database: ExampleDatabase | None) -> Lived:
    machine = seed(number)(type("LifeCycle", (LifeCycle,), {"world": world}))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        database=database,
        deadline=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        phases=[Phase.reuse, Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except Wrong:
        assert world.failed is not None
        return _lived(world, _shortest(world, world.failed))
    except Flaky:
        assert world.failed is not None
        wrong = world.failed.wrong
        wrong = Wrong(wrong.expected, f"{wrong.seen}; when it was tried again, it did not happen")
        return _lived(world, replace(world.failed, wrong=wrong))
    return Lived(examples=world.examples, done=world.done)


def _lived(world: World, failed: Failed) -> Lived:
    steps = ("start the worker", *(step.text for step in failed.steps))
    return Lived(steps, failed.wrong, failed.log, world.examples, world.done)


def _shortest(world: World, failed: Failed) -> Failed:
    """Leave out steps that are not needed, and simplify the others.

    Hypothesis would do so in hundreds of lives of some seconds each; this takes two for each step.
    """
    for number in reversed(range(len(failed.steps) - 1)):
        failed = _tried(world, failed, failed.steps[:number] + failed.steps[number + 1 :])
    for number, step in enumerate(failed.steps):
        if (
            number < len(failed.steps)
            and step.simpler is not None
            and step.text != step.simpler.text
        ):
            plainer = (*failed.steps[:number], step.simpler, *failed.steps[number + 1 :])
            failed = _tried(world, failed, plainer)
    return failed


def _tried(world: World, failed: Failed, steps: tuple[LifeStep, ...]) -> Failed:
    """The life of these steps, if it fails in the same way; otherwise the known one."""
    again = _played(world, steps)
    same = again is not None and again.wrong.expected == failed.wrong.expected
    return again if again is not None and same else failed


def _played(world: World, steps: tuple[LifeStep, ...]) -> Failed | None:
    """Play steps with a fresh worker; return what failed, if the last of them did."""
    life = world.start()
    try:
        for number, step in enumerate(steps, 1):
            world.done += 1
            try:
                step.do(life)
            except Wrong as wrong:
                return Failed(steps[:number], wrong, tuple(life.log))
        return None
    finally:
        life.stop()
