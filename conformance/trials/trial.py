"""Trials and checks: what is done to a worker, and what is concluded from that.

A *trial* does to a worker what an engine or its network may do, and returns what only the trial
knows (which invocation it sent, when it cut the connection). A *check* concludes, from the records
of one or more trials, whether one requirement was kept. Checks are pure: they see records, never a
socket, so that a verdict can be computed again from a stored record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from conformance.requirements.verdict import Finding
from conformance.trials.conversation import Conversation
from conformance.trials.life import LifeEvent
from mock_engine.transcript import Event

if TYPE_CHECKING:
    from conformance.trials.baseline import Baseline
    from conformance.trials.harness import Harness

Result = TypeVar("Result")


class Worker(Enum):
    """Which worker a trial needs."""

    SHARED = "leaves no trace, so it shares a worker with others of its kind"
    SHARED_LAST = "does something to the shared worker when all others are done with it"
    LOOKS_BACK = "looks back on all that was done to the shared worker"
    CALLING = "lets its worker call or wait; where calls are held for that, one after the other"
    OWN = "changes or ends its worker, so it has one of its own"


@dataclass(frozen=True, slots=True)
class Trial(Generic[Result]):
    """A named stimulus; ``play`` gets the harness in which it is played.

    ``seconds`` is about how long it waits with a worker that dials again after one second: those
    that wait longest are begun first. A long trial is played only at the full level. Before an
    informed trial is played, the worker's functions have been learned about.
    """

    name: str
    worker: Worker
    play: Callable[[Any], Awaitable[Result]]
    seconds: float = 0.0
    long: bool = False
    informed: bool = True


@dataclass(frozen=True)
class Record(Generic[Result]):
    """What a trial left behind.

    ``result`` is what its ``play`` returned, ``events`` the transcript up to its end, ``log`` the
    last lines the worker wrote, ``exit_code`` how its process ended, if it did; ``run`` is the name
    of the run of the worker in which it was played, and ``life`` what happened to its processes.
    ``missed`` says how the worker made the trial inconclusive, if it did.
    """

    trial: str
    result: Result
    events: tuple[Event, ...]
    baseline: Baseline
    log: tuple[str, ...] = ()
    exit_code: int | None = None
    run: str = ""
    life: tuple[LifeEvent, ...] = ()
    missed: str = ""

    @cached_property
    def talk(self) -> Conversation:
        """The events as a conversation."""
        return Conversation(self.events)

    @cached_property
    def looks(self) -> dict[object, tuple[Any, ...]]:
        """What a watch saw in it, by the watch: it is asked for before and after the run ends."""
        return {}


@dataclass(frozen=True, slots=True)
class Watch:
    """Judges what must always hold, from a record of each run of the worker.

    Every run counts, whatever its trial. With ``skip_broken``, runs are left out in which a MUST of
    their own trial was found broken.
    """

    judge: Callable[..., Finding]
    skip_broken: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Judges one requirement.

    ``judge`` does so from the records of ``trials``, in their order, and ``watch`` from everything
    that was seen. A requirement has at least one of the two.
    """

    requirement: str
    trials: tuple[Trial[Any], ...] = ()
    judge: Callable[..., Finding] | None = None
    watch: Watch | None = None

    @property
    def long(self) -> bool:
        """Whether one of its trials is played only at the full level."""
        return self.watch is None and all(trial.long for trial in self.trials)

    @property
    def module(self) -> str:
        """The name of the module that contains it."""
        return str(self._function.__module__)

    @property
    def why(self) -> str:
        """Why the requirement matters: the docstring of the function."""
        return (self._function.__doc__ or "").strip()

    @property
    def _function(self) -> Callable[..., Finding]:
        if self.judge is not None:
            return self.judge
        assert self.watch is not None
        return self.watch.judge


TRIALS: dict[str, Trial[Any]] = {}
"""Every trial of the checks, by its name: outcomes, transcripts and logs are kept under it."""

CHECKS: dict[str, Check] = {}
"""Every check, by the id of its requirement."""


def trial(
    worker: Worker, name: str | None = None, *, seconds: float = 0.0, long: bool = False
) -> Callable[[Callable[[Harness], Awaitable[Result]]], Trial[Result]]:
    """Make a trial of a coroutine function, named as the function unless ``name`` is given.

    Raises:
        ValueError: there is a trial of this name.
    """

    def make(play: Callable[[Harness], Awaitable[Result]]) -> Trial[Result]:
        title = name or str(getattr(play, "__name__", "trial"))
        if title in TRIALS:
            raise ValueError(f"there is a trial {title!r} already; give this one another name")
        made = Trial(title, worker, play, seconds, long)
        TRIALS[title] = made
        return made

    return make


Judged = TypeVar("Judged", bound=Callable[..., Finding])


def check(requirement: str, *trials: Trial[Any]) -> Callable[[Judged], Judged]:
    """Register a function as the check of ``requirement``, on the records of ``trials``.

    Raises:
        ValueError: the requirement has a check.
    """

    def register(judge: Judged) -> Judged:
        known = CHECKS.get(requirement, Check(requirement))
        if known.judge is not None:
            raise ValueError(f"{requirement} has a check already")
        CHECKS[requirement] = replace(known, trials=trials, judge=judge)
        return judge

    return register


def watch(requirement: str, *, skip_broken: bool = False) -> Callable[[Judged], Judged]:
    """Register a function as the watch of ``requirement``, on a record of each run.

    Raises:
        ValueError: the requirement has a watch.
    """

    def register(judge: Judged) -> Judged:
        known = CHECKS.get(requirement, Check(requirement))
        if known.watch is not None:
            raise ValueError(f"{requirement} has a watch already")
        CHECKS[requirement] = replace(known, watch=Watch(judge, skip_broken))
        return judge

    return register


def all_trials() -> tuple[Trial[Any], ...]:
    """Every trial on which a check rests, in the order of the checks."""
    return tuple(dict.fromkeys(trial for check in CHECKS.values() for trial in check.trials))
