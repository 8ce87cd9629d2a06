"""A scenario as data. Nothing here runs anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.documents.nodes import Location
from conformance.requirements.verdict import Level
from conformance.scenarios.happenings import Happening
from conformance.scenarios.patterns.base import Names, Pattern
from conformance.scenarios.templates import Template

WORKER = "worker"
"""The name of the process that is started if a scenario names none."""

END = "end"
"""The value of ``until`` of a ``never`` that holds to the end of the scenario."""

RECORDED = "recorded"
"""The tag of an unedited recording: it contains what a worker did, right or wrong."""

Within = float | str | None
"""Seconds, the name of a deadline of the suite, or ``None`` for the step's default."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``kind`` is its key, ``id`` its name, ``note`` its author's comment.

    ``level`` is how binding it is, if that is less than the scenario says.
    """

    place: Location
    kind: str
    id: str | None = None
    note: str = ""
    level: Level | None = None

    @property
    def binds(self) -> frozenset[str]:
        """The names that it binds."""
        return frozenset()


# -- what the scenario does ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act(Step):
    """Something to do. ``what`` is its content, whose names are filled in when it is done.

    ``target`` is the connection, the process or the request that it concerns, if it names one.
    ``names_connection`` is whether the connection of a process gets the name of the process.
    """

    what: Template | None = None
    target: str | None = None
    names_connection: bool = False

    @property
    def binds(self) -> frozenset[str]:
        """The ids that it generates."""
        return self.what.binds() if self.what is not None else frozenset()


# -- what the worker must do -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected(Pattern):
    """A happening of this kind, from this source if one is named, that fits ``pattern``.

    ``first`` asks for the first message of a connection. ``becomes`` names the connection.
    """

    kind: str
    pattern: Pattern
    source: str | None = None
    first: bool = False
    becomes: str | None = None

    def solutions(self, value: Happening, names: Names) -> Iterator[Names]:
        """As for any pattern, of happenings."""
        if self.is_about(value, names) and (value.first or not self.first):
            for bound in self.pattern.solutions(value.value, names):
                yield {**bound, f"@{self.becomes}": value.source} if self.becomes else bound

    def is_about(self, value: Happening, names: Names) -> bool:
        """Whether a happening is of the kind and from the source that are asked for."""
        if value.kind != self.kind:
            return False
        if self.source is None or self.kind in ("exits", "answers"):
            return self.source in (None, value.source)
        return value.source == names.get(f"@{self.source}")

    def parts(self) -> tuple[Pattern, ...]:
        """As for any pattern."""
        return (self.pattern,)

    def describe(self, names: Names) -> str:
        """The expectation in words."""
        pattern = self.pattern.describe(names)
        where = f" on connection `{self.source}`" if self.source and self.kind == "message" else ""
        first = " as the first message" if self.first else ""
        return {
            "message": f"the worker sends {pattern}{where}{first}",
            "frame": f"the worker sends a frame {pattern}{where}",
            "connects": f"the worker connects, with {pattern}",
            "dials": f"the worker asks for a connection, with {pattern}",
            "leaves": f"the connection ends, with {pattern}",
            "exits": f"the process ends with exit code {pattern}",
            "answers": f"the answer is {pattern}",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Expect(Step):
    """Every one of these must happen in time; if there are several, their order does not matter."""

    wanted: tuple[Expected, ...] = ()
    within: Within = None

    @property
    def binds(self) -> frozenset[str]:
        """The names that its patterns bind."""
        return frozenset().union(*(expected.binds() for expected in self.wanted))


@dataclass(frozen=True, slots=True)
class Never(Step):
    """What must not happen: within a time, or until a later step is done."""

    unwanted: Expected | None = None
    within: Within = None
    until: str | None = None


# -- a scenario ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Needs:
    """What a worker must have registered; the patterns bind names for the steps."""

    functions: tuple[Pattern, ...] = ()
    triggers: tuple[Pattern, ...] = ()
    trigger_types: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """The engine behind a scenario.

    ``modules`` are those of a real engine, with their options; without any (``None``) only the
    scenario answers. ``answers`` are functions whose calls the scenario answers.
    """

    modules: Mapping[str, Mapping[str, Any]] | None = field(default_factory=dict)
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation. ``parameters`` are names with their values."""

    name: str
    title: str
    place: Location
    steps: tuple[Step, ...]
    description: str = ""
    source: str = ""
    level: Level = Level.MUST
    tags: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    needs: Needs = field(default_factory=Needs)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    setting: Setting = field(default_factory=Setting)
    remedy: str = ""
