"""Playing scenarios against a command without pytest, for tests."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from conformance.judging.entry import Entry
from conformance.judging.session import Judgement
from conformance.scenarios.steps import Scenario
from conformance.scenarios.verdicts import trial, verdict
from conformance.settings.settings import Settings
from conformance.subject.command import Command


def play(command: str, scenarios: Iterable[Scenario], *, factor: float = 1.0) -> dict[str, Entry]:
    """The verdicts on ``python COMMAND``, by the names of the scenarios."""
    return play_at(f"{sys.executable} {command}", scenarios, factor=factor)


def play_at(
    command: str, scenarios: Iterable[Scenario], *, factor: float = 1.0
) -> dict[str, Entry]:
    """The verdicts on any command, by the names of the scenarios."""
    subject = Command.parse(command)
    judgement = Judgement(Settings(subject, default_port=None, timeout_factor=factor))
    trials = {scenario.name: trial(scenario) for scenario in scenarios}
    try:
        judgement.start()
        judgement.begin(trials.values())
        return {
            scenario.name: verdict(
                scenario, [judgement.outcome(trials[scenario.name])], judgement.protocol
            )
            for scenario in scenarios
        }
    finally:
        judgement.stop()
