"""The cause of a worker's action: what it was handling at that time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.stimuli.causes import cause_of
from conformance.checks.using.calls import calls_the_engine_rightly
from conformance.requirements.verdict import Finding, Level, Outcome, outcome_of
from conformance.trials.trial import Record
from tests.conformance.checks.records import Story

NAME = "shop::fulfil"
SET = {"type": "invokefunction", "function_id": "state::set", "data": {"scope": "a"}}
STRICT = {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}


def invocation(identity: str, data: Any, **more: str) -> dict[str, Any]:
    body = {"type": "invokefunction", "invocation_id": identity, "function_id": NAME}
    return {**body, "data": data, **more}


def record(story: Story, form: Any = None, *exemplified: str) -> Record[None]:
    made = story.record(None)
    registration = {"type": "registerfunction", "id": NAME, "request_format": form}
    baseline = replace(
        made.baseline, functions={NAME: registration}, exemplified=frozenset(exemplified)
    )
    return replace(made, baseline=baseline)


def handled(data: Any, **answer: Any) -> Story:
    """A call of an engine function with wrong data, made while an invocation is handled."""
    result = {"type": "invocationresult", "invocation_id": "1", "function_id": NAME, **answer}
    return Story().opens().says(invocation("1", data), engine=True).says(SET).says(result)


REFUSED = {"error": {"code": "x", "message": "no order"}}


def judged(story: Story, form: Any = None, *exemplified: str) -> Finding:
    (finding,) = calls_the_engine_rightly(record(story, form, *exemplified))
    assert isinstance(finding, Finding)
    return finding


@pytest.mark.parametrize(
    ("finding", "outcome"),
    [
        (judged(handled({}, **REFUSED)), Outcome.WARNING),
        (judged(handled({}, **REFUSED), STRICT), Outcome.WARNING),
        (judged(handled({"order": "1"}, **REFUSED), STRICT), Outcome.FAILED),
        (judged(handled({}, **REFUSED), None, NAME), Outcome.FAILED),
        (judged(handled({}, result=1)), Outcome.FAILED),
        (judged(Story().opens().says(SET)), Outcome.FAILED),
    ],
    ids=["made up", "outside its format", "valid", "the user's", "taken", "by itself"],
)
def test_made_up_data_fails_nobody(finding: Finding, outcome: Outcome) -> None:
    assert outcome_of(finding, Level.MUST) is outcome


def test_made_up_data_is_told_with_what_to_do() -> None:
    finding = judged(handled({}, **REFUSED))

    assert finding.seen.endswith("(while handling shop::fulfil with generated data {})")
    assert finding.remedy.startswith("Give an example of the data of shop::fulfil")
    assert [getattr(event, "json", {}).get("invocation_id") for event in finding.events] == [
        "1",
        None,
    ]


def test_a_trace_tells_which_of_several_invocations_it_was() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    story = Story().opens().says(invocation("1", {}, traceparent=trace), engine=True)
    story.says(invocation("2", {}), engine=True).says({**SET, "traceparent": trace})
    made = record(story)
    (call,) = made.talk.messages()

    cause = cause_of(made, call)

    assert cause is not None
    assert cause.json["invocation_id"] == "1"


GET = {"type": "invokefunction", "function_id": "state::get"}


def got(key: Any) -> dict[str, Any]:
    return {**GET, "data": {"scope": "a", "key": key}}


@pytest.mark.parametrize("value", [{"text": 1}, [{}], {}, "a\x00"])
def test_a_value_is_passed_on_as_it_came_even_after_a_reconnect(value: Any) -> None:
    story = Story().opens().says(invocation("1", {"id": value}), engine=True).ends()
    story.opens(2).says(got(value), 2)

    assert list(calls_the_engine_rightly(record(story))) == ["state::get"]


@pytest.mark.parametrize(
    ("form", "exemplified"),
    [(None, (NAME,)), ({"properties": {"id": {"type": "object"}}}, ())],
    ids=["the user's", "valid"],
)
def test_an_object_that_a_function_must_accept_is_not_for_the_engine(
    form: Any, exemplified: tuple[str, ...]
) -> None:
    story = Story().opens().says(invocation("1", {"id": {"text": 1}}), engine=True)
    finding = judged(story.says(got({"text": 1})), form, *exemplified)

    assert outcome_of(finding, Level.MUST) is Outcome.FAILED


def test_data_as_a_whole_is_not_passed_on() -> None:
    story = Story().opens().says(invocation("1", {"key": "a"}), engine=True)

    finding = judged(story.says({**GET, "data": {"key": "a"}}))

    assert outcome_of(finding, Level.MUST) is Outcome.WARNING


def test_the_latest_of_several_invocations_is_the_cause_and_no_other_is_judged() -> None:
    accepted = {"type": "invocationresult", "invocation_id": "1", "function_id": NAME, "result": 1}
    story = Story().opens().says(invocation("1", {"order": "1"}), engine=True)
    story.says(invocation("2", {}), engine=True).says(SET).says(accepted)

    finding = judged(story)

    assert outcome_of(finding, Level.MUST) is Outcome.WARNING
    assert getattr(finding.events[0], "json", {})["invocation_id"] == "2"


def test_the_invocation_that_has_the_wrong_value_is_the_cause() -> None:
    story = Story().opens().says(invocation("1", {"id": {"text": 1}}), engine=True)
    story.says(invocation("2", {}), engine=True).says(got({"text": 1}))

    finding = judged(story, None, NAME)

    assert getattr(finding.events[0], "json", {})["invocation_id"] == "1"
    assert outcome_of(finding, Level.MUST) is Outcome.FAILED


def test_a_call_kept_over_a_reconnect_has_its_cause_on_the_old_connection() -> None:
    story = Story().opens().says(invocation("1", {"id": 1}), engine=True).ends()
    story.opens(2).says(SET, 2)

    assert outcome_of(judged(story), Level.MUST) is Outcome.WARNING


STEP = {"type": "increment", "path": "orders", "by": "1"}
UPDATE: dict[str, Any] = {
    "type": "invokefunction",
    "function_id": "state::update",
    "data": {"scope": "a", "key": "b", "ops": [STEP]},
}


@pytest.mark.parametrize(("value", "excused"), [("1", False), ("a" * 9, True)])
def test_a_short_value_that_was_given_long_before_is_not_what_is_passed_on(
    value: str, *, excused: bool
) -> None:
    answer = {"type": "invocationresult", "invocation_id": "1", "function_id": NAME, "result": {}}
    call = {**UPDATE, "data": {**UPDATE["data"], "ops": [{**STEP, "by": value}]}}
    story = Story().opens().says(invocation("1", {"n": value}), engine=True).says(answer).says(call)

    (finding,) = calls_the_engine_rightly(record(story))
    assert isinstance(finding, Finding) is not excused
