"""What was learned about a worker's functions before they were judged, as plain data.

It contains only what the worker showed: data that its functions took, how far that data got, and
which function plays which part. ``document`` is all of it as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from conformance.documents.trees import Path, find
from conformance.trials.learning.handing import Changes


class Depth(IntEnum):
    """How far into a function an invocation got; a greater value is further."""

    UNKNOWN = 0
    SILENT = 1
    REFUSED = 2
    RESULT = 3
    CALLED = 4


DEPTHS: Mapping[Depth, str] = {
    Depth.UNKNOWN: "it was not invoked",
    Depth.SILENT: "it did not answer in time",
    Depth.REFUSED: "it refused all data that was tried",
    Depth.RESULT: "it returned a result",
    Depth.CALLED: "it called another function",
}


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned about one function.

    ``examples`` is the data that got furthest, the furthest first; ``complaint`` is its last
    complaint if it refused all data; ``tries`` counts its invocations; ``calls`` are the functions
    that it called; ``refused`` is the first data that it refused.
    """

    depth: Depth = Depth.UNKNOWN
    examples: tuple[Any, ...] = ()
    complaint: str = ""
    tries: int = 0
    calls: tuple[str, ...] = ()
    refused: tuple[Any, ...] = ()


BOX = "conformance"
"""The member under which an echo gets a value to give back, beside its own data."""

GIVING_BACK = ("echo", "metadata", "null")
"""Parts that are played by what is returned."""

MISSING = object()
"""Stands for a value that is not there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A function that plays the part of ``conformance::ROLE``, with what makes it do so.

    ``data`` is what it is invoked with, and for ``echo`` what its data must contain besides.
    ``lens`` is the path in its result to what the part returns. ``found`` is whether it was found
    by its behaviour; otherwise its author declared it, by name or in ``conformance.yaml``.
    """

    role: str
    function_id: str
    data: Any = None
    lens: Path = ()
    found: bool = False

    def request(self, value: Any) -> Any:
        """The data that asks for the part with ``value``.

        A function that was found gets data that it is known to take, and an echo gets the value
        beside that, because it may treat other data as it likes.
        """
        if not self.found:
            return value
        return {**self.data, BOX: value} if self.role == "echo" else self.data

    def whole(self, result: Any) -> Any:
        """Everything that an echo gave back, its own data included."""
        return find(result, self.lens, MISSING)

    def returned(self, result: Any) -> Any:
        """What the part returned, within a result; ``MISSING`` where there is nothing."""
        path = (*self.lens, BOX) if self.found and self.role == "echo" else self.lens
        return find(result, path, MISSING)

    @property
    def text(self) -> str:
        """The part as text."""
        if self.role not in GIVING_BACK:
            return f"{self.function_id} plays {self.role}"
        through = ".".join(("result", *map(str, self.lens)))
        return f"{self.function_id} plays {self.role} through `{through}`"


@dataclass(frozen=True, slots=True)
class Relay:
    """A function that waits for a call of its own: it runs for as long as the answer is held.

    ``data`` makes it call ``target`` first, ``calls`` times in all. ``lens`` is where the answer to
    the call appears in its result, if it does. ``passes_errors`` is whether it fails when its call
    fails. ``changes`` is what it changes in the answer, if that is in its result.
    """

    function_id: str
    data: Any
    target: str
    calls: int = 1
    lens: Path | None = None
    passes_errors: bool = False
    changes: Changes | None = None

    def returned(self, result: Any) -> Any:
        """The answer to its call, within its result; ``MISSING`` if it is not there."""
        return find(result, self.lens or (), MISSING)

    def concerns(self, call: Mapping[str, Any]) -> bool:
        """Whether a call may be the one that the function waits for."""
        return call.get("function_id") == self.target

    @property
    def text(self) -> str:
        """The relay as text."""
        back = "" if self.lens is None else ", and returns what it answers"
        return f"{self.function_id} plays call and sleep: it waits for {self.target}{back}"


@dataclass(frozen=True, slots=True)
class Question:
    """Behaviour that an author may not intend; only asked about, for a correct function may do it.

    ``one`` and ``other`` are what it was invoked with in the two cases, and what it returned.
    """

    text: str
    function_id: str
    one: tuple[Any, Any]
    other: tuple[Any, Any]


TOLD = 3
"""Relays that are told of in a sentence of their own."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was learned about a worker.

    ``parts`` are the parts that were found, by role; ``relays`` the functions that wait for calls,
    the most telling first. ``questions`` are for its author. ``ended_by`` is the invocation during
    which the process ended, if it did: a function and its data. Learning ended at ``until`` seconds
    of the first run. ``stalls`` are functions, each with its data, that kept the
    worker from answering pings, or were slow enough to do so. ``echoed`` is what functions change
    in the data that they give back.
    """

    functions: Mapping[str, Learned] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    relays: tuple[Relay, ...] = ()
    questions: tuple[Question, ...] = ()
    ended_by: tuple[str, Any] | None = None
    until: float = 0.0
    stalls: tuple[tuple[str, Any], ...] = ()
    echoed: Mapping[str, Changes] = field(default_factory=dict)

    def handed_on(self, *, answers: bool) -> Mapping[str, Changes]:
        """What functions change in what they hand on, or only in the ``answers`` to their calls."""
        relayed = {r.function_id: r.changes for r in self.relays if r.changes is not None}
        return relayed if answers else {**relayed, **self.echoed}

    def examples(self, function_id: str) -> Sequence[Any]:
        """The data that got furthest in a function."""
        learned = self.functions.get(function_id)
        return learned.examples if learned is not None else ()

    def sentences(self) -> list[str]:
        """What was found to play which part, and where nothing was found, a line each."""
        found = [part.text for part in self.parts.values()]
        found += [relay.text for relay in self.relays[:TOLD]]
        told = [relay.function_id for relay in self.relays[:TOLD]]
        others = [relay.function_id for relay in self.relays[TOLD:]]
        untold = dict.fromkeys(name for name in others if name not in told)
        if untold:
            found.append(f"so do, with calls of their own: {', '.join(untold)}")
        found += [f"question: {question.text}" for question in self.questions]
        shallow = [name for name, one in self.functions.items() if one.depth is Depth.REFUSED]
        if shallow:
            complaints = ((name, self.functions[name].complaint[:60]) for name in shallow[:3])
            names = ", ".join(f"{name} ({complaint})" for name, complaint in complaints)
            more = f" and {len(shallow) - 3} more" if len(shallow) > 3 else ""
            found.append(f"never past the checks of their data: {names}{more}; give examples")
        if self.ended_by is not None:
            found.append(f"the process ended while {self.ended_by[0]} was invoked")
        return found

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "sentences": self.sentences(),
            "functions": {
                name: {
                    "depth": DEPTHS[learned.depth],
                    "examples": list(learned.examples),
                    "complaint": learned.complaint,
                    "tries": learned.tries,
                    "calls": list(learned.calls),
                }
                for name, learned in self.functions.items()
            },
            "parts": {
                role: {
                    "function_id": part.function_id,
                    "lens": list(part.lens),
                    "data": part.data,
                }
                for role, part in self.parts.items()
            },
            "questions": [
                {
                    "function_id": question.function_id,
                    "text": question.text,
                    "worlds": [
                        {"data": data, "result": result}
                        for data, result in (question.one, question.other)
                    ],
                }
                for question in self.questions
            ],
            "relays": [
                {
                    "function_id": relay.function_id,
                    "target": relay.target,
                    "calls": relay.calls,
                    "lens": None if relay.lens is None else list(relay.lens),
                    "passes_errors": relay.passes_errors,
                    "data": relay.data,
                }
                for relay in self.relays
            ],
        }
