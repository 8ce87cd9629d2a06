"""Scenarios as pytest items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from conformance.judging.entry import Entry
from conformance.judging.judge import attempt
from conformance.judging.session import Judgement
from conformance.plugin.judged_item import JudgedItem
from conformance.scenarios.library import choose
from conformance.scenarios.steps import Scenario
from conformance.scenarios.verdicts import PHASE, trial, verdict


class ScenarioItem(JudgedItem):
    """One scenario to be played. ``-k`` matches its name, tags, level and requirements."""

    judgement: Judgement

    def __init__(self, *, scenario: Scenario, **kw: Any) -> None:
        super().__init__(**kw)
        self.scenario = scenario
        self.known = self.judgement.settings.known.get(scenario.name)
        tries = max(1, self.known.tries if self.known else 1)
        self.trials = tuple(attempt(trial(scenario), n + 1) for n in range(tries))
        self.extra_keyword_matches.update(
            {scenario.name, scenario.level.value, *scenario.tags, *scenario.requirements}
        )

    def judge(self) -> Entry:
        """The verdict on the scenario."""
        played = [self.judgement.outcome(each) for each in self.trials]
        return verdict(
            self.scenario, played, self.judgement.protocol, self.known, command=self.command
        )

    def selection(self) -> Sequence[str]:
        """The file of the scenario."""
        return ["--scenario", self.scenario.place.file]


class Scenarios(pytest.Collector):
    """The scenarios that the user chose."""

    def __init__(self, *, judgement: Judgement, scenarios: Sequence[Scenario], **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement
        self.scenarios = scenarios

    def collect(self) -> Iterable[pytest.Item]:
        """One item each."""
        for scenario in self.scenarios:
            yield ScenarioItem.from_parent(
                self,
                name=scenario.name,
                nodeid=f"{self.nodeid}::{scenario.name}",
                scenario=scenario,
                judgement=self.judgement,
            )


def collector(session: pytest.Session, judgement: Judgement) -> pytest.Collector:
    """The collector of the scenarios that the settings name.

    Raises:
        UsageError: one cannot be found or used.
    """
    chosen = judgement.settings
    return Scenarios.from_parent(
        session,
        name=PHASE,
        nodeid=PHASE,
        path=session.path,
        judgement=judgement,
        scenarios=choose(chosen.scenarios, chosen.scenario_parameters),
    )
