"""Each mistake in a worker of the agent system is found, by the expected rule or step."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.documents import nodes
from conformance.requirements.verdict import Conclusion
from conformance.scenarios.library import shipped
from conformance.scenarios.reading import load
from tests.conformance.scenarios.playing import play
from tests.judging import judge
from tests.mutants.agents import MISTAKES

FACTOR = 0.4
"""The factor for the usual deadlines: a test waits for what a wrong worker fails to do."""

BY_SCENARIO = {name: mistake for name, mistake in MISTAKES.items() if mistake.step}
BY_REQUIREMENT = {name: mistake for name, mistake in MISTAKES.items() if not mistake.step}
WORKERS = {
    "agents-api": "api",
    "agents-embedding": "embedding",
    "agents-graph": "knowledge_graph",
    "agents-memory": "memory",
    "agents-mission": "mission",
    "agents-models": "llm_router",
    "agents-realm": "realm",
    "agents-replay": "session_replay",
    "agents-sandbox": "sandbox",
    "agents-security": "security",
    "agents-swarm": "swarm",
    "agents-system": "whole",
    "agents-tools": "tools",
    "agents-turn": "agent_core",
}
"""The correct worker for each scenario."""


def outcome(command: str, scenario: str) -> tuple[str, str]:
    told = play(command, [load(shipped()[scenario])], factor=FACTOR)[scenario]
    return told.outcome.value, told.reason


def step_of(reason: str, path: Path) -> str | None:
    """The id of the step that a verdict points to."""
    line = int(reason.partition(f"{path}:")[2].partition(":")[0])
    steps = dict(nodes.parse(path.read_text("utf-8"), str(path)).entries())["steps"].items()
    entries = dict(
        max((s for s in steps if s.place.line <= line), key=lambda s: s.place.line).entries()
    )
    return str(entries["id"].value) if "id" in entries else None


def test_every_scenario_has_a_right_worker_and_a_wrong_one() -> None:
    scenarios = {name for name in shipped() if name.startswith("agents-")}
    assert set(WORKERS) == scenarios
    assert {mistake.found_by for mistake in BY_SCENARIO.values()} == set(WORKERS)


@pytest.mark.parametrize(("scenario", "worker"), WORKERS.items())
def test_the_right_worker_passes(scenario: str, worker: str) -> None:
    assert outcome(f"-m reference_workers.{worker}", scenario)[0] == "passed"


@pytest.mark.parametrize("name", BY_SCENARIO)
def test_a_mistake_fails_the_scenario_at_its_step(name: str) -> None:
    mistake = BY_SCENARIO[name]

    told, reason = outcome(f"-m tests.mutants.agents {name}", mistake.found_by)

    assert told == "failed", reason
    assert step_of(reason, shipped()[mistake.found_by]) == mistake.step, reason


@pytest.mark.parametrize("name", BY_REQUIREMENT)
def test_a_mistake_breaks_its_requirement(name: str) -> None:
    (verdict,) = judge(f"tests.mutants.agents {name}", [BY_REQUIREMENT[name].found_by])

    assert verdict.finding.conclusion is Conclusion.BROKEN, verdict.finding
