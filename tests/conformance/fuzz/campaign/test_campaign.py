"""Campaigns against live workers: planted mistakes are found, correct functions are not blamed."""

from __future__ import annotations

import json

import pytest

from conformance.fuzz.campaign.oracles import Kind
from conformance.fuzz.plan import Plan
from tests.conformance.fuzz.campaign.campaigns import fuzz

QUICK = 0.2
"""Shorter deadlines, for workers that answer at once or never."""


@pytest.mark.parametrize(
    ("name", "kind", "least", "times"),
    [
        ("empty_list", Kind.EXCEPTION, {"values": []}, 1),
        ("optional_null", Kind.EXCEPTION, {"name": "", "nick": None}, 1),
        ("wrong_result", Kind.RESULT, {"words": []}, 1),
        ("after_37_calls", Kind.RESULT, None, 37),
        ("not_a_number", Kind.MALFORMED, {"size": 0}, 1),
        ("says_it_twice", Kind.TWICE, {"text": ""}, 1),
        ("null_root", Kind.SILENT, None, 1),
        ("serde_leaf", Kind.SILENT, {"customer": {"address": {"zip": None}}}, 1),
        ("prototype", Kind.CRASH, None, 1),
        ("one_of_a_pattern", Kind.EXCEPTION, {"code": "OC-000"}, 1),
        ("text_as_expression", Kind.EXCEPTION, None, 1),
        ("nul", Kind.DROPPED, "\0", 1),
        ("nesting", Kind.DEAF, None, 1),
    ],
)
def test_a_planted_mistake_is_found_and_made_small(
    name: str, kind: Kind, least: object, times: int
) -> None:
    report = fuzz(
        f"benchmarks.planted {name}", Plan(2, count=700, window=16, enough=1), factor=QUICK
    )

    found = [finding for finding in report.findings if finding.kind is kind]
    assert found, [(f.kind, f.steps) for f in report.findings]
    assert found[0].reproduced
    assert found[0].steps[-1].times == times
    if least is not None:
        assert json.loads(found[0].steps[-1].data) == least


def test_data_of_another_invocation_is_found() -> None:
    plan = Plan(1, count=3000, window=16, enough=1)
    report = fuzz("benchmarks.planted mixed_up", plan, factor=QUICK)

    assert Kind.CROSSED in {finding.kind for finding in report.findings}


def test_a_state_that_another_function_left_is_told_as_steps() -> None:
    plan = Plan(1, count=600, window=8)
    report = fuzz("benchmarks.planted state_setter", plan, factor=QUICK)

    steps = [[step.function_id for step in finding.steps] for finding in report.findings]
    assert ["planted::state_setter", "planted::state_user"] in steps


def test_a_lock_that_an_error_leaves_locked_is_told_as_that() -> None:
    plan = Plan(1, count=600, window=16)
    report = fuzz("benchmarks.planted empty_list left_locked", plan, factor=QUICK)

    found = [f for f in report.findings if f.kind is Kind.STUCK]
    before, cause, after = found[0].steps
    assert json.loads(cause.data) in ({"name": ""}, {})
    assert before == after


def test_what_one_function_returns_leads_into_another() -> None:
    report = fuzz("benchmarks.planted create_note", Plan(1, count=600, enough=1), factor=QUICK)

    (crash,) = [f for f in report.findings if f.kind is Kind.CRASH]
    assert [step.function_id for step in crash.steps] == [
        "planted::create_note",
        "planted::show_note",
    ]
    assert json.loads(crash.steps[1].data) == {"noteId": "${1.id}"}


def test_descriptors_that_climb_are_found() -> None:
    report = fuzz("benchmarks.planted open_files", Plan(1, count=1200), factor=QUICK)

    assert [finding.kind for finding in report.findings] == [Kind.DESCRIPTORS]


@pytest.mark.parametrize(
    "module",
    [
        "reference_workers.echo",
        "reference_workers.embedding",
        "tests.unusual AnswersInAnyOrder",
        "tests.unusual SendsFragments",
        "tests.unusual SendsExtraFields",
        "tests.unusual FailsUnlessAskedRightly",
        "tests.unusual WritesALot",
        "tests.unusual LeavesNullResultsOut",
    ],
)
def test_a_correct_worker_is_let_be(module: str) -> None:
    report = fuzz(module, Plan(1, count=600))

    assert [(f.kind, f.suspicion, f.steps) for f in report.findings] == []
    assert report.invocations >= 600
