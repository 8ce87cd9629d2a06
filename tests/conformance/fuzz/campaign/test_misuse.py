"""Calls of a worker that the engine cannot read: recorded, and traced to the input."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from conformance.fuzz.campaign.misuse import Misuses
from conformance.fuzz.campaign.oracles import Kind, Observation
from conformance.fuzz.plan import Plan
from conformance.fuzz.target import Case
from mock_engine.transcript import Direction, Message
from tests.conformance.fuzz.campaign.campaigns import fuzz

WRONG = {"scope": "s", "key": "k", "operations": []}


def call(function_id: str, data: Any) -> Message:
    body = {"type": "invokefunction", "function_id": function_id, "data": data}
    return Message(0.0, 1, Direction.FROM_WORKER, binary=False, data=json.dumps(body).encode())


class Asked:
    """A minimiser whose worker misuses the engine for one input only."""

    def __init__(self, misuses: Misuses) -> None:
        self.misuses = misuses

    def usual(self, function_id: str) -> float:
        return 0.25

    async def ask(self, cases: list[Case], within: float) -> list[Observation]:
        for case in cases:
            if case.value == "bad":
                self.misuses.hear(call("state::update", WRONG))
        return [Observation(case, "", b"{}") for case in cases]

    def finding(self, suspicion: Any, steps: Any, seen: Any, *, reproduced: bool) -> Any:
        return suspicion, steps, reproduced


def test_a_wrong_call_is_traced_to_its_input() -> None:
    misuses = Misuses()
    misuses.hear(call("state::get", {"scope": "s", "key": "k"}))
    misuses.hear(call("engine::workers::register", {}))
    misuses.hear(call("state::update", WRONG))
    misuses.hear(call("state::update", WRONG))
    assert (misuses.calls, len(misuses.fresh)) == (3, 1)

    cases = [Case("f", b'"good"', "good"), Case("f", b'"bad"', "bad")]
    asked: Any = Asked(misuses)
    ((suspicion, _, case),) = asyncio.run(misuses.traced(cases, asked))

    assert (suspicion.kind, suspicion.function_id) == (Kind.MISUSE, "f")
    assert "ops" in suspicion.expected
    assert case.value == "bad"
    assert misuses.fresh == []


class Passing(Asked):
    """A minimiser whose worker passes its input on to the engine."""

    async def ask(self, cases: list[Case], within: float) -> list[Observation]:
        for case in cases:
            self.misuses.hear(call("state::get", {"scope": "s", "key": case.value["key"]}))
        return [Observation(case, "", b"{}") for case in cases]


@pytest.mark.parametrize(("valid", "told"), [(None, 0), (False, 0), (True, 1)])
def test_what_is_passed_on_as_it_came_is_no_wrong_call(valid: bool | None, told: int) -> None:
    misuses = Misuses()
    misuses.hear(call("state::get", {"scope": "s", "key": 5}))
    misuses.hear(call("state::get", {"scope": "s", "key": []}))
    assert len(misuses.fresh) == 1

    passing: Any = Passing(misuses)
    cases = [Case("f", b'{"key":5}', {"key": 5}, valid)]
    assert len(asyncio.run(misuses.traced(cases, passing))) == told


@pytest.mark.parametrize(
    ("worker", "kind"),
    [("Shop", None), ("HangsOverAList", Kind.SILENT)],
)
def test_an_answer_is_an_input_too(worker: str, kind: Kind | None) -> None:
    report = fuzz(f"tests.mutants {worker}", Plan(3, count=700, window=16, enough=1), factor=0.3)

    found = {defect.kind for defect in report.findings}
    assert found == (set() if kind is None else {kind})
    assert all(defect.steps[-1].answer for defect in report.findings)
