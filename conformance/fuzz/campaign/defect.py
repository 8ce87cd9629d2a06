"""What a campaign found, and what it explored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conformance.fuzz.campaign.oracles import LEVELS, REMEDIES, Kind, Suspicion
from conformance.requirements.verdict import Level

SHOWN_BY_A_REPLY = (Kind.TWICE, Kind.MALFORMED, Kind.RESULT, Kind.CROSSED, Kind.EXCEPTION)
"""The kinds that the reply itself shows, whether it can be reproduced or not."""


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """An invocation of a counterexample: ``data`` is JSON text, sent ``times`` times.

    ``answer`` is the answer to its own calls, as JSON; without it the engine answers.
    """

    function_id: str
    data: str
    times: int = 1
    answer: str = ""


@dataclass(slots=True)
class Defect:
    """One defect, with the smallest input that shows it.

    ``steps`` in their order lead to it, and the last one shows it. ``reproduced`` is whether they
    did so again; ``hits`` is how often the cause was met; ``at`` is the number of the invocation
    that met it first; ``reply`` is the message that answered, if there was one.
    """

    suspicion: Suspicion
    steps: tuple[ReplayStep, ...]
    reproduced: bool
    at: int = 0
    hits: int = 1
    reply: str = ""
    log: tuple[str, ...] = ()
    origin: str = ""

    @property
    def kind(self) -> Kind:
        """What is wrong."""
        return self.suspicion.kind

    @property
    def level(self) -> Level:
        """How binding the rule is that it breaks."""
        return LEVELS.get(self.kind, Level.MUST)

    @property
    def is_proven(self) -> bool:
        """Whether it was reproduced, or the reply that came shows it."""
        return self.reproduced or self.kind in SHOWN_BY_A_REPLY

    def explains(self, other: Defect) -> bool:
        """Whether its steps are among those of ``other``, which breaks the same rule."""
        if self.kind is not other.kind or not self.steps:
            return False
        rest = iter(other.steps)
        return all(any(_does(step, wider) for step in rest) for wider in self.steps)

    @property
    def remedy(self) -> str:
        """What to try next."""
        return REMEDIES[self.kind]


def _does(step: ReplayStep, least: ReplayStep) -> bool:
    same = all(
        getattr(step, name) == getattr(least, name) for name in ("function_id", "data", "answer")
    )
    return same and step.times >= least.times


@dataclass
class Explored:
    """What was tried of one function.

    ``refusals`` are results that contain an error; ``calls`` are the functions it was seen to call.
    """

    inputs: int = 0
    replies: int = 0
    results: int = 0
    refusals: int = 0
    errors: int = 0
    calls: tuple[str, ...] = ()
    news: int = 0
    learned: tuple[str, ...] = ()
    format: str = "none declared"

    @property
    def is_shallow(self) -> bool:
        """Whether it never accepted any data."""
        return self.inputs > 0 and self.results == 0


@dataclass
class CampaignReport:
    """The result of a campaign. ``notes`` are what an operator may want to know.

    ``interrupted`` is whether the user ended it early.
    """

    seed: int
    invocations: int = 0
    seconds: float = 0.0
    restarts: int = 0
    findings: list[Defect] = field(default_factory=list)
    explored: dict[str, Explored] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    withheld: list[str] = field(default_factory=list)
