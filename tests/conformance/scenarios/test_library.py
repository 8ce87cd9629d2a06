"""Every shipped scenario has a worker that passes it, and a wrong one that fails it in time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.documents import nodes
from conformance.requirements.verdict import Outcome
from conformance.scenarios.library import folder, shipped
from conformance.scenarios.reading import load
from tests.conformance.scenarios.playing import play

HERE = "tests.conformance.scenarios.wrong"

FAILS = {
    "announces-itself": ("tests.mutants NeverAnnounces", "announcement"),
    "answers-once": ("tests.mutants AnswersTwice", "once"),
    "binary-garbage": ("tests.mutants ChokesOnBinary", "pulse"),
    "calls-another": ("tests.mutants CountsItsCalls", "question"),
    "close-1000": ("tests.mutants StaysAwayAfter1000", "back"),
    "close-1001": ("tests.mutants StaysAwayAfter1001", "back"),
    "crash": ("tests.mutants LosesCrashes", "error"),
    "drains": ("tests.mutants DropsWhatIsRunning", "finished"),
    "engine-restart": ("tests.mutants GivesUpWhenTheEngineIsAway", "back"),
    "exits-on-sigterm": ("tests.mutants IgnoresSigterm", "exit"),
    "exits-without-engine": (f"{HERE} HangsWithoutAnEngine", "exit"),
    "fragmented-invocation": ("tests.mutants LeavesPingsUnanswered", "pong"),
    "function-conflict": ("tests.mutants DiesOfAFunctionConflict", "pulse"),
    "future-message": ("tests.mutants ChokesOnUnknownTypes", "pulse"),
    "graceful-exit": ("tests.mutants LeavesWithoutAWord", "goodbye"),
    "handshake-ends": ("tests.mutants GivesUpWhenAHandshakeEnds", "back"),
    "http-request": (f"{HERE} LosesRequests", "handled"),
    "injected-caller-id": ("tests.mutants AllowsNoFurtherFields", "call"),
    "large-invocation": ("tests.mutants LimitsSize", "answer"),
    "late-answer": ("tests.mutants ChokesOnLateAnswers", "pulse"),
    "malformed-frame": ("tests.mutants ChokesOnMalformedText", "pulse"),
    "name-conflict": ("tests.mutants InsistsOnItsName", "stays-away"),
    "no-hot-loop": ("tests.mutants ReconnectsAtOnce", "waits"),
    "provides-triggers": ("tests.mutants SaysNothingToTriggers", "result"),
    "queue-consumer": (f"{HERE} Unread", "taken"),
    "queue-dead-letter": (f"{HERE} Swallowing", "refused"),
    "reattaches-first": ("tests.mutants ReattachesLast", "reattach"),
    "refused-trigger": ("tests.mutants DiesOfARefusedTrigger", "pulse"),
    "refused-upgrade": ("tests.mutants StaysAwayAfterARefusal", "back"),
    "registers-once": ("tests.mutants RegistersTwice", "once"),
    "remote-error": ("tests.mutants HidesRemoteErrors", "answer"),
    "replays-everything": ("tests.mutants ForgetsItsTriggers", "complete"),
    "rolling-replacement": (f"{HERE} ServesOneAtATime", "claimed"),
    "slow-handler": ("tests.mutants HandlesOneAfterTheOther", "not-before"),
    "speaks-first": ("tests.mutants WaitsForTheGreeting", "speaks"),
    "staged-cut": ("tests.mutants DiesInTheMidstOfItsReplay", "back"),
    "stale-answer": ("tests.mutants AnswersOnTheNewConnection", "not-on-the-next"),
    "unknown-function": ("tests.mutants IgnoresUnknownFunctions", "refusal"),
    "void-call": ("tests.mutants AnswersWithoutAnId", "silence"),
}
"""The wrong worker for each scenario, and the id of the step at which it fails."""

AGENTS = {name for name in shipped() if name.startswith("agents-")}
"""The scenarios of the agent system; their workers are in ``tests/mutants/test_agents``."""


def step(reason: str) -> str:
    """The id of the step that a verdict points to; for an included file, the file's name."""
    file, line, _ = reason.partition(": ")[2].split(": ")[0].rsplit(":", 2)
    if "/parts/" in file:
        return file.rpartition("/")[2].removesuffix(".yaml")
    node = nodes.parse(Path(file).read_text("utf-8"), file)
    steps = dict(node.entries())["steps"].items()
    at = max((s for s in steps if s.place.line <= int(line)), key=lambda s: s.place.line)
    entries = dict(at.entries())
    return str(entries["id"].value) if "id" in entries else next(iter(entries))


def test_there_are_many_and_each_has_a_wrong_worker() -> None:
    assert len(shipped()) >= 25
    assert set(FAILS) == set(shipped()) - AGENTS


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("-m reference_workers.echo", {"queue-consumer", "queue-dead-letter"} | AGENTS),
        ("-m tests.mutants Worker", {"queue-consumer", "queue-dead-letter"} | AGENTS),
    ],
)
def test_a_right_worker_passes_all_that_it_can_be_asked(command: str, others: set[str]) -> None:
    entries = play(command, [load(path) for path in shipped().values()])

    wrong = {n: e.reason for n, e in entries.items() if e.outcome is not Outcome.PASSED}
    assert wrong.keys() == others, wrong
    assert all(entries[name].outcome is Outcome.NOT_APPLICABLE for name in others)


def test_the_agent_passes_what_is_about_queues() -> None:
    chosen = [load(shipped()[name]) for name in ("queue-consumer", "queue-dead-letter")]

    entries = play("-m reference_workers.agent", chosen)

    assert {entry.outcome for entry in entries.values()} == {Outcome.PASSED}, entries


@pytest.mark.parametrize("name", sorted(FAILS))
def test_a_wrong_worker_fails_it_at_the_right_step(name: str) -> None:
    command, where = FAILS[name]

    entry = play(f"-m {command}", [load(shipped()[name])], factor=0.4)[name]

    assert entry.outcome in (Outcome.FAILED, Outcome.WARNING), entry.reason
    assert step(entry.reason) == where, entry.reason
    assert entry.evidence.frames


def test_every_shipped_scenario_fits_the_schema() -> None:
    schema = json.loads((folder().parent / "scenario.schema.json").read_text("utf-8"))
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    for path in shipped().values():
        value = nodes.parse(path.read_text("utf-8"), path.name).value
        assert [f.message for f in validator.iter_errors(value)] == [], path.name
