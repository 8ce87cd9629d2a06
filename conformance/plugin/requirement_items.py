"""Requirements as pytest items: a collector per phase, an item per requirement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.judging.entry import Entry, requirement_entry
from conformance.judging.interface import Session
from conformance.judging.session import Judgement
from conformance.judging.shares import divide
from conformance.plugin.judged_item import JudgedItem
from conformance.plugin.scenario_items import collector as scenarios
from conformance.plugin.waits import show_waits
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.trials.trial import CHECKS, Trial


class Phase(pytest.Collector):
    """A phase of a worker's life."""

    def __init__(self, *, judgement: Session, requirements: list[Requirement], **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement
        self.requirements = requirements

    def collect(self) -> Iterable[pytest.Item]:
        """The requirements of this phase."""
        for requirement in self.requirements:
            yield RequirementItem.from_parent(
                self,
                name=requirement.id,
                nodeid=f"{self.nodeid}::{requirement.id}",
                requirement=requirement,
                judgement=self.judgement,
            )


class RequirementItem(JudgedItem):
    """One requirement to be judged. ``-k`` matches its id, level, method and probes."""

    def __init__(self, *, requirement: Requirement, **kw: Any) -> None:
        super().__init__(**kw)
        self.requirement = requirement
        self.extra_keyword_matches.update(
            {requirement.id, requirement.level.value, requirement.method.value, requirement.phase}
        )
        self.extra_keyword_matches.update(requirement.probes)

    def judge(self) -> Entry:
        """The verdict on the requirement."""
        check = CHECKS.get(self.requirement.id)
        show_waits(self, self.judgement, check.trials if check else (), self.name)
        verdict = self.judgement.verdict(self.requirement.id, self.number)
        return requirement_entry(verdict, self.judgement.protocol.version, self.command)

    def selection(self) -> Sequence[str]:
        """The requirement's own option."""
        return ["--requirement", self.requirement.id]


def collectors(session: pytest.Session, judgement: Judgement) -> Sequence[pytest.Collector]:
    """Collectors of everything that the options ask to be judged: all requirements by default."""
    chosen = judgement.settings
    found: list[pytest.Collector] = []
    if chosen.requirements or not (chosen.scenarios or chosen.fuzzing):
        found += phases(session, judgement.catalogue, judgement, chosen.requirements)
    if chosen.scenarios:
        found.append(scenarios(session, judgement))
    if chosen.fuzzing is not None:
        from conformance.plugin.fuzz_items import collector as fuzzing

        found.append(fuzzing(session, judgement))
    return found


def phases(
    session: pytest.Session, catalogue: Catalogue, judgement: Session, chosen: Iterable[str]
) -> list[Phase]:
    """The collectors of the chosen requirements; all of them if none is chosen."""
    wanted = set(chosen) or set(catalogue.requirements)
    found = []
    for phase in catalogue.phases:
        requirements = [r for r in catalogue if r.phase == phase and r.id in wanted]
        if requirements:
            found.append(
                Phase.from_parent(
                    session,
                    name=phase,
                    nodeid=phase,
                    path=session.path,
                    judgement=judgement,
                    requirements=requirements,
                )
            )
    return found


def share(
    items: list[pytest.Item], number: int, count: int, seconds: Mapping[str, float]
) -> list[pytest.Item]:
    """The items of one share of ``count``; ``seconds`` is how long each trial took earlier."""
    if count == 1:
        return items
    seconds = {item.nodeid: getattr(item, "seconds", 0.0) for item in items} | dict(seconds)
    return [items[place] for place in divide(list(map(_trials, items)), count, seconds)[number]]


def _trials(item: pytest.Item) -> list[str]:
    """The names of an item's trials; a name of its own if it has none."""
    trials: Iterable[Trial[Any]] = getattr(item, "trials", ())
    if isinstance(item, RequirementItem) and item.name in CHECKS:
        trials = CHECKS[item.name].trials
    return [trial.name for trial in trials] or [item.nodeid]


def named(items: list[pytest.Item], arguments: Iterable[str]) -> list[pytest.Item]:
    """The items that the arguments name: a phase, or one requirement in it.

    Raises:
        UsageError: an argument names none. Files and folders are not accepted.
    """
    chosen: set[str] = set()
    for argument in arguments:
        name = argument.replace("\\", "/").rpartition("/")[2]
        found = {i.nodeid for i in items if i.nodeid == name or i.nodeid.startswith(f"{name}::")}
        if not found:
            raise UsageError(
                f"{argument!r} names neither a phase nor a requirement; where a worker is judged "
                "nothing else is collected. `--collect-only -q` shows the names."
            )
        chosen |= found
    return [item for item in items if item.nodeid in chosen]
